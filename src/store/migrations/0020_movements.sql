-- Up Migration

-- A movement is one thing that is booked under one reference; a pay-in is one kind of it, and its id is that of
-- its PaymentIntent. Nothing is rewritten: names change, and a column with a constant for the rows that are there.
alter table pay_ins rename to movements;
alter table movements rename column payment_intent_id to movement_id;
alter table movements add column kind text not null default 'pay_in';
alter table movements alter column kind drop default;

alter index pay_ins_pkey rename to movements_pkey;
alter index pay_ins_by_page rename to movements_by_page;
alter index pay_ins_staged rename to movements_staged;
alter index pay_ins_quarantined rename to movements_quarantined;
alter index pay_ins_in_ledger rename to movements_in_ledger;
alter index pay_ins_set_aside rename to movements_set_aside;
alter index pay_ins_problems rename to movements_problems;
