-- What did somebody do, in order?
-- grain: event; parameters: identity_arn, [since], [until]
select
  event_time,
  event_source,
  event_name,
  error_code,
  source_ip_address,
  account_id,
  aws_region,
  event_id
from events
where identity_arn = $identity_arn
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
order by event_time, event_id
limit 10000
