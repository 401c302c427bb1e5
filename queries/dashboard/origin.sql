-- Which file did a record come from, and is that file proven?
-- grain: source; parameters: source_id; reads the ledger table sources
select
  uri,
  etag,
  delivered_at,
  coalesce(integrity, 'not verified') as integrity,
  batch_id
from sources
where id = $source_id
order by uri
