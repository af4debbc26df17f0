-- Up Migration

-- Names of balances that only movements are booked to, fixed when they begin. null: as the chart of accounts has it.
alter table instances
  add column payout_balance        text,
  add column disputes_lost_balance text;
