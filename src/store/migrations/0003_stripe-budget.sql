-- Up Migration

-- How fast a Stripe account is read, shared by everything that reads it. A row is locked for as long as
-- one statement takes; `next_at` is the state of a GCRA: when the rate has caught up with what was sent.
create table stripe_budget (
  account          text not null,        -- acct_…, or key_… of the key's digest while the account is not known
  livemode         boolean not null,
  next_at          timestamptz not null,
  endpoint_next_at jsonb not null,       -- the same for each endpoint that was read
  wait_ms          integer not null,     -- what the last one was told: a statement returns new values only
  pause_ms         integer not null default 0,
  paused_until     timestamptz,          -- end of the last pause after a 429
  checked_on       date,                 -- UTC; the worker looks at the count once a day
  primary key (account, livemode)
);

-- Stripe allows a number of reads in any 30 days.
create table stripe_reads (
  account  text not null,
  livemode boolean not null,
  day      date not null,                -- UTC
  reads    integer not null,
  primary key (account, livemode, day)
);
