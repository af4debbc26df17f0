-- Up Migration

-- When the ledger took it, by its own clock: the order in which a ledger that is set back forgets. After a
-- rebuild of this database nothing else tells it. Rows of earlier versions go by ours.
alter table pay_ins add column booked_at timestamptz;
drop index pay_ins_in_ledger;
create index pay_ins_in_ledger on pay_ins (source_id, (coalesce(booked_at, posted_at, updated_at)) desc)
  where state in ('posted', 'already_posted');

-- Since when every posting of the source has been asked for again, but for those of the syncs below; null:
-- all are in doubt, as after an update to this version.
alter table sources add column proven_at timestamptz;

-- Has written outcomes that no later sync has asked the ledger for again. Rows that are there are not.
alter table stripe_syncs add column unproven boolean not null default false;
alter table stripe_syncs alter column unproven set default true;
create index syncs_unproven on stripe_syncs (instance_id) where unproven;

-- The pages of such a sync are read in their order.
drop index pages_by_sync;
create index pages_by_sync on sync_pages (sync_id, page_id);
