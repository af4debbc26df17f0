-- Up Migration

-- After a pause longer than Stripe keeps events: up to when everything was read, Unix seconds of Stripe's clock. The
-- listing that follows goes no further back than what may have succeeded since. null: it is one of everything.
alter table sources add column read_to_s bigint;
