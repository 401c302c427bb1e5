-- Which successful configuration changes could build or close a loop?
-- grain: event; parameters: since, until, most_rows; reads the rollup changes
select
  event_time,
  event_id,
  event_name,
  account_id,
  aws_region,
  identity_arn,
  source_ip_address
from changes
where event_time >= $since
  and event_time < $until
order by event_time, event_id
limit $most_rows
