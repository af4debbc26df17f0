-- Up Migration

-- While an opening balance waits, each run asks whether a row could not be read.
create index unread_rows on balance_transactions (source_id) where fault is not null;
