-- How many loaded files are proven by a digest, and how many are not?
-- grain: integrity; reads the ledger table sources
select
  coalesce(integrity, 'not verified') as integrity,
  count(*) as files,
  cast(sum(records) as bigint) as records
from sources
group by coalesce(integrity, 'not verified')
order by integrity
