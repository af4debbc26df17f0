-- Up Migration

-- Runs that have booked movements alone are worth a look too.
drop index syncs_notable;
create index syncs_notable on stripe_syncs (instance_id, started_at desc)
  where status <> 'completed' or records_found > 0 or legs <> '{}';
