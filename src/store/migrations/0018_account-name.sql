-- Up Migration

-- The connected Stripe account as its owner calls it; null: the key may not read it.
alter table instances add column stripe_name text;
