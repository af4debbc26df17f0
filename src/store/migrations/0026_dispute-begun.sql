-- Up Migration

-- When a dispute has moved the balance first, as it tells itself: its row may be older than all that are read.
alter table disputes add column begun_s bigint;  -- Unix seconds; null: not told
