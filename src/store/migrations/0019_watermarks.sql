-- Up Migration

-- How far each feed of a source was read. A feed without a row is listed from its beginning.
create table watermarks (
  source_id text   not null references sources,
  feed      text   not null,
  at_s      bigint not null,             -- Unix seconds of Stripe's clock
  primary key (source_id, feed)
);
insert into watermarks (source_id, feed, at_s)
select source_id, 'events', watermark from sources where watermark is not null;
alter table sources drop column watermark;
