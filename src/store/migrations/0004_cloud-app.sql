-- Up Migration

-- Where an instance comes from, and what one needs whose keys are not in the environment.
alter table instances
  add column origin              text not null default 'environment'
    check (origin in ('environment', 'app', 'cli')),
  add column status              text not null default 'active' check (status in ('active', 'inactive')),
  add column version             integer not null default 1,  -- grows with every change of access
  add column install_id          text,         -- whose ledger key is in force
  add column stripe_key          text,         -- sealed for this instance
  add column stripe_account      text,         -- null: the key may not read its account's id
  add column stripe_livemode     boolean,
  add column stripe_confirmed_at timestamptz,  -- when a person has seen account and mode
  add column removed_at          timestamptz;

-- One row per access to a ledger: an install of the app, or a key that a person gave by command.
create table installs (
  install_id          text primary key,        -- instapp_…, or made from the instance's id
  origin              text not null check (origin in ('app', 'cli')),
  app_id              text,
  instance_id         text not null references instances,
  blnk_kind           text not null check (blnk_kind in ('cloud', 'core')),
  blnk_url            text not null,
  api_key             text,                    -- sealed for this install; erased when it ends
  api_key_prefix      text not null,           -- as Blnk shows it
  granted_permissions text[],                  -- null: not told
  status              text not null check (status in
    ('pending', 'active', 'refused', 'replaced', 'uninstalled')),
  problem             text,                    -- code of the last failed probe
  received_at         timestamptz,             -- null: its uninstall came first
  ended_at            timestamptz,
  check ((api_key is not null) = (status in ('pending', 'active')))
);
create unique index one_active_install on installs (instance_id) where status = 'active';
create index installs_by_instance on installs (instance_id, received_at desc);
alter table instances add foreign key (install_id) references installs;

-- Calls of Blnk that were taken: each is handled once.
create table install_events (
  idempotency_key text primary key,
  kind            text not null check (kind in ('install', 'uninstall')),
  install_id      text not null,
  app_id          text not null,
  instance_id     text not null,
  received_at     timestamptz not null default now()
);

-- What rows say and Temporal does not do yet. Done when Temporal does it.
create table intents (
  intent_id   bigint generated always as identity primary key,
  kind        text not null check (kind in ('probe', 'settle')),
  instance_id text not null references instances,
  install_id  text references installs,        -- probe: whose key
  attempts    integer not null default 0,
  next_at     timestamptz not null default now(),
  problem     text,                            -- code of the last failed attempt
  created_at  timestamptz not null default now(),
  done_at     timestamptz
);
create index intents_to_do on intents (next_at) where done_at is null;
