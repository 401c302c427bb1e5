-- How many entries does the store hold, by day, account and region?
-- grain: day, account_id, aws_region; parameters: since, until
select
  date_trunc('day', minute) as day,
  coalesce(account_id, 'unknown') as account_id,
  coalesce(aws_region, 'unknown') as aws_region,
  cast(sum(entries) as bigint) as entries,
  count(distinct date_trunc('hour', minute)) as hours
from traffic_minutes
where minute >= $since
  and minute < $until
group by date_trunc('day', minute), coalesce(account_id, 'unknown'), coalesce(aws_region, 'unknown')
order by day, account_id, aws_region
