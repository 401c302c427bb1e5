-- Which successful changes could have built or closed a loop, and who made them?
-- grain: event; parameters: [account_id], [since], [until]
select
  event_time,
  event_name,
  identity_arn,
  source_ip_address,
  user_agent,
  account_id,
  aws_region,
  event_id
from events
where configuration_change
  and error_code is null
  and error_message is null
  and ($account_id is null or account_id = $account_id)
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
order by event_time, event_id
