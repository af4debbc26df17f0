-- Up Migration

-- The same of what another sync had posted again before it ended, and a later one has found.
create index found_again on movements (source_id, updated_at) where state = 'already_posted' and booked_at > first_booked_at;
