-- Up Migration

-- With SYNC_SINCE a listing also reads charges by their own time. Rows that are there need no second look,
-- so the table is not read for it.
alter table sync_windows drop constraint sync_windows_feed_check;
alter table sync_windows add constraint sync_windows_feed_check check (feed in
  ('payment_intents', 'charges', 'events', 'backlog', 'payment_intent')) not valid;

alter table sync_windows
  add column unread_from_s     bigint, -- a tail that looks back: below it everything was read before
  add column takes_over        text,   -- a tail: the listing that it is the first one after
  add column newest_s          bigint, -- a tail: when the newest success of its first answer happened
  add column first_answer_db_s bigint; -- the database's time when first_answer_at was noted

alter table sources
  add column first_tail_of      text,        -- the listing after which no tail has been read to its end yet
  add column looked_back_at     bigint,      -- Stripe's time of the last tail that read the last days again
  add column look_back_saved_at timestamptz, -- the database's time when that was noted
  -- false: with a SYNC_SINCE, a listing of an earlier version may have missed payments of old intents
  add column listed_by_charge   boolean not null default false;
