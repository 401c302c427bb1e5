-- Which configuration changes that build or close a loop succeeded?
-- grain: event; parameters: day_start, day_end
select
  event_id,
  event_time,
  event_source,
  event_name,
  account_id,
  aws_region,
  identity_arn,
  identity_type,
  invoked_by,
  source_ip_address,
  request_parameters,
  response_elements
from events
where configuration_change
  and error_code is null
  and error_message is null
  and event_time >= $day_start
  and event_time < $day_end
order by event_time, event_id
