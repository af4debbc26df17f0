-- Up Migration

-- `held`: its key works, and so does the one in force, or it does not show what was posted: a person decides.
alter table installs drop constraint installs_status_check;
alter table installs add constraint installs_status_check check (status in
  ('pending', 'held', 'active', 'refused', 'replaced', 'uninstalled')) not valid;
alter table installs drop constraint installs_check;
alter table installs add constraint installs_check
  check ((api_key is not null) = (status in ('pending', 'held', 'active'))) not valid;

-- Client address of the call that brought it: calls from one address wait for each other, and for nobody else.
alter table installs add column received_from text;
create index installs_waiting on installs (instance_id, received_at) where status in ('pending', 'held');

-- The install that may use the configured Stripe key of STRIPE_KEY_INSTANCES. What syncs by now goes on.
alter table instances add column approved_install text;
update instances set approved_install = install_id where install_id is not null and stripe_key is null;

-- A known text under each of ENCRYPTION_KEYS: another key under the same id does not open it.
create table keyring_canaries (
  key_id     text primary key,
  sealed     text not null,
  created_at timestamptz not null default now()
);
