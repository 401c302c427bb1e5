-- Who tried to change the way of the logs, and failed?
-- grain: event; parameters: [since], [until]
select
  event_time,
  event_name,
  identity_arn,
  source_ip_address,
  error_code,
  error_message,
  account_id,
  event_id
from events
where configuration_change
  and (error_code is not null or error_message is not null)
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
order by event_time, event_id
