-- Up Migration

-- A page's rows are found by this index alone. Without the page in it, it was combined with
-- `pay_ins_by_page` and read from end to end for each page, with an entry for every row that a long
-- listing had staged since the last vacuum, which the embedded database never does.
drop index pay_ins_staged;
create index pay_ins_staged on pay_ins (source_id, page_id) where state = 'staged';
