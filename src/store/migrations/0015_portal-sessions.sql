-- Up Migration

-- A session goes on while it is used, up to a limit from its launch.
alter table portal_sessions add column launched_at timestamptz not null default now();

-- Stripe keys that were tried in the portal since `key_tries_since`: an instance may try a few in an hour.
alter table instances add column key_tries integer not null default 0;
alter table instances add column key_tries_since timestamptz;
