-- Up Migration

-- A new instance carries its movements over by itself, and what Stripe held at its cut-over is certain only later.
alter table sources
  -- Why its opening balance is not frozen yet (src/domain/opening-wait.ts). null: it is, or there is none to be.
  add column opening_awaits text,
  -- What a new instance lacked when its first sync looked: rights by Stripe's names, or a code. null: nothing did.
  add column movements_declined text[];
