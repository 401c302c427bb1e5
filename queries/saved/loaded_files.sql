-- What was loaded, by day of delivery?
-- grain: day; parameters: none
select
  substr(delivered_at, 1, 10) as day,
  count(*) as files,
  cast(sum(records) as bigint) as records,
  cast(sum(inserted) as bigint) as inserted,
  cast(sum(duplicates) as bigint) as duplicates,
  cast(sum(rejected) as bigint) as rejected
from sources
group by substr(delivered_at, 1, 10)
order by day
