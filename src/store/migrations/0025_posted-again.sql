-- Up Migration

-- What the ledger had lost: a proof asks for what was posted again since the last that was sound.
create index posted_again on movements (source_id, posted_at) where first_booked_at is not null and state = 'posted';
