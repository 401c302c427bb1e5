-- Which accounts and regions does the store hold, from when to when?
-- grain: account_id, aws_region; no parameters
select
  account_id,
  aws_region,
  min(minute) as first_minute,
  max(minute) as last_minute,
  cast(sum(entries) as bigint) as entries
from traffic_minutes
group by account_id, aws_region
order by account_id, aws_region
