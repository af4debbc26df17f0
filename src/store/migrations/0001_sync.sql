-- Up Migration

-- One Blnk ledger that we sync into. Keys are not here: in a simple set-up they stay in the environment.
create table instances (
  instance_id    text primary key,
  source_balance text not null,
  guest_balance  text not null,
  sync_since     text,                 -- 'all', Unix seconds, or null: not said
  frozen_at      timestamptz,          -- first posting: from here on the three above are fixed
  created_at     timestamptz not null default now()
);

-- What a watermark belongs to: another account, mode or ledger must never inherit it.
create table sources (
  source_id          text primary key,
  instance_id        text not null references instances,
  stripe_account     text,             -- null: the key may not read its account's id
  livemode           boolean not null,
  ledger_address     text not null,
  key_fingerprint    text not null,    -- digest of the key, so that an idle run need not ask who it is
  watermark          bigint,           -- Unix seconds of Stripe's clock; null: list everything
  listing_id         text,             -- the full listing under way
  listing_started_at bigint,           -- Stripe's time of its first answer
  planned_since      text,             -- the SYNC_SINCE that the watermark and the listing were planned for
  is_current         boolean not null
);
create unique index one_current_source on sources (instance_id) where is_current;

-- One row for every run on every outcome. The open row is the lease of its instance.
create table stripe_syncs (
  sync_id                text primary key,
  instance_id            text not null references instances,
  status                 text not null check (status in
    ('running', 'completed', 'completed_with_problems', 'failed', 'cancelled', 'skipped')),
  trigger                text not null,
  scope                  jsonb not null,
  workflow_id            text not null,
  first_run_id           text not null,
  started_at             timestamptz not null default now(),
  completed_at           timestamptz,
  records_found          integer not null default 0,
  records_posted         integer not null default 0,
  records_already_posted integer not null default 0,
  records_quarantined    integer not null default 0,
  records_before_since   integer not null default 0,
  newly_quarantined      integer not null default 0,
  amounts                jsonb not null default '{}',
  reasons                jsonb not null default '{}',
  error                  text,
  error_details          jsonb,
  notes                  text[] not null default '{}',
  check (records_found =
    records_posted + records_already_posted + records_quarantined + records_before_since)
);
create unique index one_open_sync on stripe_syncs (instance_id) where status = 'running';
create index syncs_by_time on stripe_syncs (instance_id, started_at desc);

-- A closed range of Stripe time read through one feed with one unchanged filter.
create table sync_windows (
  window_id         text primary key,
  sync_id           text not null references stripe_syncs,  -- the sync that planned it
  source_id         text not null references sources,
  listing_id        text,              -- set: part of a full listing, resumed by later syncs
  feed              text not null check (feed in
    ('payment_intents', 'events', 'backlog', 'payment_intent')),
  position          integer not null,
  from_s            bigint,
  to_s              bigint,
  with_charge       boolean not null,
  payment_intent_id text,
  cursor            text,              -- everything before it is done
  state             text not null default 'open' check (state in ('open', 'done', 'void')),
  first_answer_at   bigint,            -- Stripe's time of the window's first answer
  restarts          integer not null default 0,
  created_at        timestamptz not null default now()
);
create index windows_by_sync on sync_windows (sync_id);
create index windows_by_listing on sync_windows (listing_id) where listing_id is not null;

-- One Stripe answer. Counters are written once the page's pay-ins are handled, and never incremented.
create table sync_pages (
  page_id           text primary key,
  sync_id           text not null references stripe_syncs,
  window_id         text not null references sync_windows,
  cursor            text,
  next_cursor       text,              -- null: the last page of the window
  state             text not null check (state in ('open', 'done', 'partial')),
  found             integer not null default 0,
  posted            integer not null default 0,
  already_posted    integer not null default 0,
  quarantined       integer not null default 0,
  before_since      integer not null default 0,
  newly_quarantined integer not null default 0,
  amounts           jsonb not null default '{}',
  reasons           jsonb not null default '{}',
  fetched_at        timestamptz not null default now(),
  saved_at          timestamptz
);
create index pages_by_sync on sync_pages (sync_id);
create index pages_by_window on sync_pages (window_id);

-- One row per PaymentIntent and instance. No card or contact data.
create table pay_ins (
  instance_id         text not null references instances,
  payment_intent_id   text not null,
  page_id             text not null,
  sync_id             text not null,
  source_id           text not null references sources,
  listing_id          text,            -- the listing that handled it last
  amount              numeric(20, 0),  -- minor units; null: not an exact integer
  currency            text,
  payer               text,
  created_s           bigint,
  succeeded_s         bigint,
  charged_s           bigint,          -- when its charge was made, which may be before it succeeded
  livemode            boolean,
  fault               text,
  state               text not null check (state in
    ('staged', 'posted', 'already_posted', 'quarantined', 'before_since')),
  reference           text,
  blnk_transaction_id text,
  posted_at           timestamptz,     -- when we posted it; null: it was there already
  reason              text,
  attempts            integer not null default 0,
  retry_at            timestamptz,     -- quarantined: when a sync tries again; null: not by itself
  quarantined_by      text,            -- the sync that set it aside first
  updated_at          timestamptz not null default now(),
  primary key (instance_id, payment_intent_id)
);
create index pay_ins_by_page on pay_ins (page_id);
create index pay_ins_staged on pay_ins (source_id) where state = 'staged';
create index pay_ins_quarantined on pay_ins (source_id, retry_at) where state = 'quarantined';
create index pay_ins_in_ledger on pay_ins (source_id, posted_at desc nulls last, updated_at desc)
  where state in ('posted', 'already_posted');
