-- What was loaded, by batch of files?
-- grain: batch_id; reads the ledger tables sources and batches
select
  s.batch_id,
  max(b.committed_at) as committed_at,
  count(*) as files,
  cast(sum(s.size) as bigint) as size_bytes,
  cast(sum(s.records) as bigint) as records,
  cast(sum(s.inserted) as bigint) as inserted,
  cast(sum(s.duplicates) as bigint) as duplicates,
  cast(sum(s.rejected) as bigint) as rejected,
  min(s.delivered_at) as first_delivered,
  max(s.delivered_at) as last_delivered,
  min(s.uri) as first_uri
from sources as s
left join batches as b
  on b.id = s.batch_id
group by s.batch_id
order by s.batch_id
