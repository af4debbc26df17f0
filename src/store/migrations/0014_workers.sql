-- Up Migration

-- Workers that run, or did a day ago: what Temporal lists as polling may be gone for minutes.
create table workers (
  identity   text primary key,   -- as Temporal shows it
  settings   jsonb not null,     -- marks of its settings by name, which tell equal from other and nothing else
  started_at timestamptz not null default now(),
  seen_at    timestamptz not null default now(),
  stopped_at timestamptz         -- null: it has not said goodbye
);
