-- Up Migration

-- A dense window is cut while it is read: its own chain ends below `stop_s`, and windows that the page
-- `cut_by` has made read what lies below.
alter table sync_windows
  add column stop_s bigint,            -- the chain ends once a row created before this second was read
  add column cut_by text;              -- the page in whose transaction the window was cut off another
create index windows_by_cut on sync_windows (cut_by) where cut_by is not null;
