-- Up Migration

-- When this instance syncs, where its owner has said so; null: as the settings say.
alter table instances add column cron text;

-- One row per launch of the portal from Blnk's dashboard: one browser, one install, one instance.
create table portal_sessions (
  token_hash   text primary key,                -- of the token in the URL that Blnk is given
  cookie_hash  text unique,                     -- set when the token is exchanged, which works once
  install_id   text not null references installs,
  instance_id  text not null references instances,
  expires_at   timestamptz not null,
  stripe_key   text,                            -- a key that its owner has not confirmed yet, sealed
  stripe_offer jsonb                            -- what that key is and may do, as it was shown
);
create index portal_sessions_by_install on portal_sessions (install_id);
create index portal_sessions_by_expiry on portal_sessions (expires_at);

-- The portal lists and counts what is set aside on each page; the rows in it are few.
create index pay_ins_set_aside on pay_ins (instance_id, updated_at) where state = 'quarantined';
