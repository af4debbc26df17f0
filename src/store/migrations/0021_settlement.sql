-- Up Migration

-- What a movement needs that is no pay-in: a leg of a balance transaction, of the opening balance, or one that
-- follows. Nothing is rewritten: every new column is null in the rows that are there.
alter table movements
  add column charge_id    text,            -- of a pay-in: the charge that it came through, as far as it is known
  add column first_booked_at timestamptz,  -- of one that has been booked more than once
  add column leg          text,            -- null: a pay-in. Below: of legs only
  add column bt_id        text,            -- the balance transaction that it books; null: the opening balance
  add column from_balance text,
  add column to_balance   text,
  add column moves        numeric(20, 0),  -- what it moves Stripe's balance by: positive comes, negative leaves
  add column metadata     jsonb,
  add column also         jsonb;           -- names that its balances may have been booked under as well
create index pay_ins_by_charge on movements (instance_id, charge_id) where charge_id is not null;
create index legs_of_row on movements (instance_id, bt_id) where bt_id is not null;
create index legs_set_aside on movements (source_id, movement_id) where leg is not null and state = 'quarantined';
-- Whatever the source balance is called. Few, for they are a list of work.
create index legs_in_suspense on movements (source_id, dated_s desc, movement_id)
  where (from_balance like '%-suspense' or to_balance like '%-suspense') and leg <> 'assigned';

-- Since when the movements of a source are carried over. null in the last: they are not.
alter table sources
  add column movements_from_s    bigint,       -- the cut-over, Unix seconds; null: since the account began
  add column movements_opened_at timestamptz,  -- when that was frozen
  add column movements_counted_to timestamptz, -- by the ledger's clock: what it took from then on, the opening does not count
  add column movements_since     timestamptz,
  add column rows_listing_id     text,         -- the first reading of all rows; null: it is done, or none has begun
  add column rows_listing_at     bigint,       -- Stripe's time when that began
  add column rows_missing        text[] not null default '{}',  -- rights for want of which sources of rows were not read
  add column rows_anew_at        timestamptz;  -- when all rows were last read anew since such a right was back

-- Legs by kind and outcome, apart from the pay-ins of the same page or run.
alter table sync_pages add column legs jsonb not null default '{}';
alter table stripe_syncs
  add column legs jsonb not null default '{}',
  add column walk jsonb;                   -- the search for what its proof is broken by, between two steps

-- The feeds are in src/domain/feeds.ts; here they were written twice.
alter table sync_windows drop constraint sync_windows_feed_check;

-- How low the places of rows in Stripe's list have come: it lists the newest first.
alter table sync_windows add column list_place bigint;

-- The run that has given it up, which Stripe did not let read it: it is open still for the next one.
alter table sync_windows add column given_up_by text;
create index windows_given_up on sync_windows (given_up_by) where given_up_by is not null;

-- A row for each of Stripe's, those without a posting too. What it says of money never changes here.
create table balance_transactions (
  instance_id       text    not null references instances,
  bt_id             text    not null,
  source_id         text    not null references sources,
  kind              text    not null,      -- as the chart of accounts has it
  currency          text,                  -- as Stripe writes it, as every null: not readable
  amount            numeric(20, 0),
  fee               numeric(20, 0),
  net               numeric(20, 0),
  moved             numeric    not null,   -- what it moves Stripe's balance by; 0: not readable
  type              text,
  category          text,
  balance_type      text,
  created_s         bigint,
  available_on_s    bigint,
  fee_details       jsonb,
  exchange_rate     text,
  description       text,                  -- only where nothing else tells what it is
  fault             text,
  source_object     text    not null,
  source_object_id  text,
  payment_intent_id text,
  charge_id         text,
  customer          text,
  source_status     text,
  foreign_amount    numeric(20, 0),        -- of the payment, refund or dispute, in the customer's currency
  foreign_currency  text,
  reversal_id       text,
  destination       text,
  payout_id         text,
  is_before         boolean not null,      -- the opening balance holds it
  is_pay_in         boolean not null,      -- the money of a pay-in, once that is booked
  awaits            text check (awaits in ('booking', 'sum')),  -- legs that follow; null: none
  place             bigint  not null,      -- in Stripe's list within a second; higher is newer
  first_in          text,                  -- the window that listed it first
  seen_in           text,                  -- the window that listed it last
  told              numeric,               -- what Stripe tells now where that is not what it moves; null: the same
  seen_at           timestamptz not null default now(),
  asked_at          timestamptz,           -- when Stripe was asked last what has become of its charge
  primary key (instance_id, bt_id)
);
create index rows_by_time on balance_transactions (source_id, currency, created_s, place);
create index rows_by_payment on balance_transactions (instance_id, payment_intent_id)
  where payment_intent_id is not null;
create index rows_by_charge on balance_transactions (instance_id, charge_id) where charge_id is not null;
create index rows_by_object on balance_transactions (instance_id, source_object_id)
  where source_object_id is not null;
create index rows_awaiting on balance_transactions (source_id, awaits, bt_id) where awaits is not null;

-- What the rows of a source add up to.
create table stripe_totals (
  instance_id  text    not null references instances,
  source_id    text    not null,
  balance_type text    not null,           -- 'payments' where Stripe does not say
  currency     text    not null,           -- empty: not known
  is_before    boolean not null,
  count        bigint  not null,
  net          numeric not null,
  primary key (source_id, balance_type, currency, is_before)
) with (fillfactor = 70);

-- What its legs do to Stripe's balance in the ledger. Pay-ins are in pay_in_totals, and those that wait in neither.
create table ledger_totals (
  instance_id text    not null references instances,
  source_id   text    not null,
  currency    text    not null,            -- as Stripe writes it; empty: not known
  state       text    not null,
  count       bigint  not null,
  debits      numeric not null,
  credits     numeric not null,
  primary key (source_id, currency, state)
) with (fillfactor = 70);

-- Pay-ins that are booked and of which Stripe has listed no row.
create table not_yet_in_stripe (
  instance_id text not null references instances,
  movement_id text not null,
  source_id   text not null,
  currency    text,
  amount      numeric(20, 0),
  charge_id   text,
  booked_at   timestamptz not null,
  primary key (instance_id, movement_id)
);
create index not_yet_by_source on not_yet_in_stripe (source_id);

create table balance_readings (
  instance_id text    not null references instances,
  source_id   text    not null references sources,
  at_s        bigint  not null,            -- Stripe's time
  parts       jsonb   not null,
  waits       boolean not null,            -- to be judged
  primary key (source_id, at_s)
);
create index readings_waiting on balance_readings (source_id, at_s) where waits;

create table reading_judgements (
  instance_id text    not null references instances,
  source_id   text    not null,
  currency    text    not null,            -- upper case
  at_s        bigint  not null,
  difference  numeric not null,            -- Stripe's balance less our rows up to the cut
  since       numeric not null,            -- net of the rows past it
  exact       boolean not null,
  primary key (source_id, at_s, currency)
);
create index judgements_that_differ on reading_judgements (source_id, currency, at_s)
  where exact and difference <> 0;

create table openings (
  instance_id      text    not null references instances,
  source_id        text    not null references sources,
  currency         text    not null,       -- upper case
  held             numeric not null,       -- what Stripe held at the cut-over
  earlier          numeric not null,
  amount           numeric not null,       -- posted
  unexplained      numeric not null,
  absorbed_debits  numeric not null,
  absorbed_credits numeric not null,
  confirmed_by     text,
  confirmed_at     timestamptz not null default now(),
  primary key (source_id, currency)
);

create table proofs (
  proof_id    bigint generated always as identity primary key,
  instance_id text   not null references instances,
  source_id   text   not null,
  sync_id     text,
  at_s        bigint not null,
  since_s     bigint,
  state       text   not null,
  currencies  jsonb  not null,
  gaps        text   not null,             -- tells broken proofs apart
  walk        jsonb,                       -- the search for what it is broken by
  walk_at_s   bigint,                      -- when that began anew
  is_counted  boolean not null default false  -- the ledger's own rows were added up
);
create index proofs_by_instance on proofs (instance_id, proof_id desc);
create index proofs_by_sync on proofs (sync_id) where sync_id is not null;
create index proofs_telling on proofs (instance_id, proof_id desc) where state in ('broken', 'explained', 'proven');
create index proofs_sound on proofs (instance_id, proof_id desc) where state in ('explained', 'proven');
create index proofs_counted on proofs (instance_id, proof_id desc) where is_counted;

create table proof_items (
  proof_id    bigint  not null references proofs on delete cascade,
  position    integer not null,
  kind        text    not null,
  reference   text    not null,
  currency    text    not null,
  amount      numeric not null,
  theirs      numeric,
  at_s        bigint,
  note        text,
  primary key (proof_id, position)
);

-- Postings of others that a person has accepted.
create table acceptances (
  instance_id text    not null references instances,
  source_id   text    not null,
  reference   text    not null,            -- or Blnk's id, of one without
  currency    text    not null,            -- as the ledger writes it
  amount      numeric not null,            -- as it moves what Stripe holds
  booked_at_s bigint,
  accepted_by text    not null,
  accepted_at timestamptz not null default now(),
  note        text    not null,
  primary key (source_id, reference, currency)
);

create table disputes (
  instance_id       text not null references instances,
  dispute_id        text not null,
  source_id         text not null references sources,
  payment_intent_id text,
  charge_id         text,
  amount            numeric(20, 0),
  currency          text,
  status            text,                  -- Stripe's; null: not told yet
  final_at          timestamptz,           -- when we learned that it is decided
  was_lost          boolean not null default false,  -- legs of it as lost are booked
  is_due            boolean not null default false,  -- final, and rows have come that nothing has followed
  row_count         bigint  not null default 0,
  asked_at          timestamptz not null default '-infinity',  -- when Stripe was asked last what has become of it
  primary key (instance_id, dispute_id)
);
create index disputes_due on disputes (source_id, dispute_id) where is_due;
create index disputes_open on disputes (source_id, asked_at) where final_at is null and row_count > 0;

-- Totals of rows: the sum of what a statement adds and takes away, in the order of the key, as those of pay-ins.
create function total_rows() returns trigger language plpgsql as $total$
begin
  if tg_op = 'INSERT' then
    insert into stripe_totals as t
    select instance_id, source_id, coalesce(balance_type, 'payments'), coalesce(currency, ''), is_before,
      count(*), sum(moved)
    from gained group by 1, 2, 3, 4, 5 order by 2, 3, 4, 5
    on conflict (source_id, balance_type, currency, is_before) do update
      set count = t.count + excluded.count, net = t.net + excluded.net;
  elsif tg_op = 'UPDATE' then
    insert into stripe_totals as t
    select instance_id, source_id, coalesce(balance_type, 'payments'), coalesce(currency, ''), is_before,
      sum(sign), sum(sign * moved)
    from (
      select instance_id, source_id, balance_type, currency, is_before, moved, 1 as sign from gained
      union all
      select instance_id, source_id, balance_type, currency, is_before, moved, -1 from lost) changes
    group by 1, 2, 3, 4, 5 having sum(sign) <> 0 or sum(sign * moved) <> 0 order by 2, 3, 4, 5
    on conflict (source_id, balance_type, currency, is_before) do update
      set count = t.count + excluded.count, net = t.net + excluded.net;
  else
    insert into stripe_totals as t
    select instance_id, source_id, coalesce(balance_type, 'payments'), coalesce(currency, ''), is_before,
      -count(*), -sum(moved)
    from lost group by 1, 2, 3, 4, 5 order by 2, 3, 4, 5
    on conflict (source_id, balance_type, currency, is_before) do update
      set count = t.count + excluded.count, net = t.net + excluded.net;
  end if;
  return null;
end $total$;
create trigger total_inserted after insert on balance_transactions
  referencing new table as gained for each statement execute function total_rows();
create trigger total_updated after update on balance_transactions
  referencing old table as lost new table as gained for each statement execute function total_rows();
create trigger total_deleted after delete on balance_transactions
  referencing old table as lost for each statement execute function total_rows();

-- Pay-ins only, as before.
create or replace function total_pay_ins() returns trigger language plpgsql as $total$
begin
  if tg_op = 'INSERT' then
    -- As every page that is staged.
    if not exists (select from gained where state <> 'staged') then
      return null;
    end if;
  end if;
  if tg_op = 'UPDATE' then
    insert into pay_in_totals as t
      (instance_id, day, source_id, currency, state, reason, count, amount)
    select instance_id, day_of(coalesce(dated_s, created_s)), source_id, coalesce(currency, ''),
      total_state(state, closed_at),
      coalesce(reason, ''), sum(sign), sum(sign * coalesce(amount, 0))
    from (
      select kind, instance_id, created_s, dated_s, closed_at, source_id, currency, state, reason, amount, 1 as sign
        from gained
      union all
      select kind, instance_id, created_s, dated_s, closed_at, source_id, currency, state, reason, amount, -1
        from lost) changes
    where kind = 'pay_in' and state <> 'staged'
    group by 1, 2, 3, 4, 5, 6 having sum(sign) <> 0 or sum(sign * coalesce(amount, 0)) <> 0
    order by 1, 2, 3, 4, 5, 6
    on conflict (instance_id, day, source_id, currency, state, reason) do update
      set count = t.count + excluded.count, amount = t.amount + excluded.amount;
  elsif tg_op = 'INSERT' then
    insert into pay_in_totals as t
      (instance_id, day, source_id, currency, state, reason, count, amount)
    select instance_id, day_of(coalesce(dated_s, created_s)), source_id, coalesce(currency, ''),
      total_state(state, closed_at),
      coalesce(reason, ''), sum(sign), sum(sign * coalesce(amount, 0))
    from (select *, 1 as sign from gained) changes
    where kind = 'pay_in' and state <> 'staged'
    group by 1, 2, 3, 4, 5, 6 having sum(sign) <> 0 or sum(sign * coalesce(amount, 0)) <> 0
    order by 1, 2, 3, 4, 5, 6
    on conflict (instance_id, day, source_id, currency, state, reason) do update
      set count = t.count + excluded.count, amount = t.amount + excluded.amount;
  else
    insert into pay_in_totals as t
      (instance_id, day, source_id, currency, state, reason, count, amount)
    select instance_id, day_of(coalesce(dated_s, created_s)), source_id, coalesce(currency, ''),
      total_state(state, closed_at),
      coalesce(reason, ''), sum(sign), sum(sign * coalesce(amount, 0))
    from (select *, -1 as sign from lost) changes
    where kind = 'pay_in' and state <> 'staged'
    group by 1, 2, 3, 4, 5, 6 having sum(sign) <> 0 or sum(sign * coalesce(amount, 0)) <> 0
    order by 1, 2, 3, 4, 5, 6
    on conflict (instance_id, day, source_id, currency, state, reason) do update
      set count = t.count + excluded.count, amount = t.amount + excluded.amount;
  end if;
  return null;
end $total$;

-- The legs of a statement, and the pay-ins that it books. Its triggers are called after those of pay-ins, so
-- that all writers take the sums in one order.
create function total_legs() returns trigger language plpgsql as $total$
declare
  unbooked text[];
begin
  if tg_op = 'INSERT' then
    if not exists (select from gained where leg is not null and state <> 'staged') then
      return null;
    end if;
    insert into ledger_totals as t
    select instance_id, source_id, coalesce(currency, ''), state, count(*),
      coalesce(sum(moves) filter (where moves > 0), 0), coalesce(-sum(moves) filter (where moves < 0), 0)
    from gained where leg is not null and state <> 'staged' group by 1, 2, 3, 4 order by 2, 3, 4
    on conflict (source_id, currency, state) do update
      set count = t.count + excluded.count, debits = t.debits + excluded.debits, credits = t.credits + excluded.credits;
  elsif tg_op = 'UPDATE' then
    if exists (select from gained where leg is not null) then
      insert into ledger_totals as t
      select instance_id, source_id, coalesce(currency, ''), state, sum(sign),
        coalesce(sum(sign * moves) filter (where moves > 0), 0),
        coalesce(-sum(sign * moves) filter (where moves < 0), 0)
      from (
        select instance_id, source_id, currency, state, leg, moves, 1 as sign from gained
        union all
        select instance_id, source_id, currency, state, leg, moves, -1 from lost) changes
      where leg is not null and state <> 'staged'
      group by 1, 2, 3, 4
      having sum(sign) <> 0 or coalesce(sum(sign * moves) filter (where moves > 0), 0) <> 0
        or coalesce(sum(sign * moves) filter (where moves < 0), 0) <> 0
      order by 2, 3, 4
      on conflict (source_id, currency, state) do update
        set count = t.count + excluded.count, debits = t.debits + excluded.debits, credits = t.credits + excluded.credits;
    end if;
    if not exists (select from sources s where s.movements_opened_at is not null
        and s.source_id in (select source_id from gained)) then
      return null;
    end if;
    -- Stripe may have listed the row of a pay-in before that is booked. By sets and not by joins, since a plan is
    -- kept for statements of a few rows and of thousands.
    insert into not_yet_in_stripe
    select g.instance_id, g.movement_id, g.source_id, g.currency, g.amount, g.charge_id, coalesce(g.booked_at, now())
    from gained g
    where g.leg is null and g.state in ('posted', 'already_posted')
      -- The opening balance counts what had succeeded and was booked before it, and is booked again.
      and (select s.movements_since from sources s where s.source_id = g.source_id
        and (coalesce(g.succeeded_s, g.dated_s, g.created_s) < s.movements_from_s
          and coalesce(g.first_booked_at, g.booked_at) < s.movements_counted_to) is not true) is not null
      and (g.instance_id, g.movement_id) not in (
        select instance_id, movement_id from lost where state in ('posted', 'already_posted'))
      and (select 1 from balance_transactions b
        where b.instance_id = g.instance_id and b.payment_intent_id = g.movement_id and b.is_pay_in
          and (b.charge_id = g.charge_id or b.charge_id is null or g.charge_id is null) limit 1) is null
    order by g.movement_id on conflict do nothing;
    unbooked := array(
      select movement_id from lost where leg is null and state in ('posted', 'already_posted')
      except select movement_id from gained where state in ('posted', 'already_posted'));
    if cardinality(unbooked) > 0 then
      delete from not_yet_in_stripe
      where instance_id = any (array(select distinct instance_id from lost)) and movement_id = any (unbooked);
    end if;
  else
    insert into ledger_totals as t
    select instance_id, source_id, coalesce(currency, ''), state, -count(*),
      -coalesce(sum(moves) filter (where moves > 0), 0), coalesce(sum(moves) filter (where moves < 0), 0)
    from lost where leg is not null and state <> 'staged' group by 1, 2, 3, 4 order by 2, 3, 4
    on conflict (source_id, currency, state) do update
      set count = t.count + excluded.count, debits = t.debits + excluded.debits, credits = t.credits + excluded.credits;
  end if;
  return null;
end $total$;
create trigger zz_legs_inserted after insert on movements
  referencing new table as gained for each statement execute function total_legs();
create trigger zz_legs_updated after update on movements
  referencing old table as lost new table as gained for each statement execute function total_legs();
create trigger zz_legs_deleted after delete on movements
  referencing old table as lost for each statement execute function total_legs();
