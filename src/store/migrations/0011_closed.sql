-- Up Migration

-- What a person has dealt with: it stays as a row, is no problem any more and is never posted by itself.
-- `closed_at` without `closed_by`: there was nothing to do. `closed_by` without `closed_at`: Stripe has
-- changed it since, so that it is open again.
alter table pay_ins
  add column closed_at   timestamptz,
  add column closed_by   text,
  add column closed_note text,
  add column payer_alias text;            -- the other id by which the intent names its payer

-- An amount of zero waited for a person before.
update pay_ins set reason = 'AMOUNT_ZERO', closed_at = now(), quarantined_by = null
where state = 'quarantined' and reason = 'AMOUNT_NOT_POSITIVE' and amount = 0;
