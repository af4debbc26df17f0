-- Up Migration

-- When the problems of an instance are looked for, and what Temporal said of its schedule then.
alter table instances
  add column look_at    timestamptz not null default now(),
  add column due_at     timestamptz,      -- a run that no completed sync has followed yet
  add column paused_for text;             -- code of our own pause
create index instances_to_look_at on instances (look_at);

-- What is set aside is counted at every look; without it that would read every pay-in of the instance.
create index pay_ins_quarantined_by on pay_ins (instance_id) where quarantined_by is not null;

-- One row per problem that an instance has or had: opened, over, perhaps opened again.
create table alerts (
  instance_id text not null references instances,
  problem     text not null,
  subject     text not null,              -- the PaymentIntent; empty: the instance as a whole
  codes       text[] not null,
  opened_at   timestamptz not null default now(),
  closed_at   timestamptz,
  primary key (instance_id, problem, subject)
);

-- To whom a problem is told, and what was told last. It is due when that differs from the row above.
create table alert_channels (
  instance_id  text not null,
  problem      text not null,
  subject      text not null,
  channel      text not null check (channel in ('cloud', 'webhook')),
  told         text not null default 'nothing' check (told in ('nothing', 'open')),
  anomaly_id   text,                      -- of the alert in Blnk Cloud
  unknown      integer not null default 0,  -- alerts that were sent and perhaps raised
  attempts     integer not null default 0,  -- in vain, since it was last told
  attempted_at timestamptz,               -- also who has taken it, until next_at
  next_at      timestamptz not null default now(),
  trouble      text,                      -- code of the last attempt in vain
  primary key (instance_id, problem, subject, channel),
  foreign key (instance_id, problem, subject) references alerts
);
create index alert_channels_to_do on alert_channels (next_at);
