-- Up Migration

-- Who has said of a payment that was set aside that it is to be posted after all, when and why.
alter table pay_ins
  add column post_after_by   text,
  add column post_after_note text,
  add column post_after_at   timestamptz;
