-- Up Migration

-- A page that the ledger does not take steps aside: the others go on, and it is tried again at the end.
alter table sync_pages add column aside boolean not null default false;  -- counted with pay-ins still staged
alter table pay_ins add column tried_by text;  -- the sync that has counted its try in vain in `attempts`
