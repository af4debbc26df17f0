-- Up Migration

-- What the last look at an instance saw of its run, and when a pause of ours is tried next.
alter table instances
  add column stalled_for   text[],       -- codes, where they are known; null: nothing stands still
  add column stalled_since timestamptz,
  add column probe_at      timestamptz,  -- null: we have not paused it
  add column probes        integer not null default 0;  -- in vain, or lifted too early, since a sync completed
create index instances_to_probe on instances (probe_at) where probe_at is not null;
