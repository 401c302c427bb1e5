-- Which configuration changes succeeded up to the window's end?
-- grain: event; parameters: until
select
  event_id, event_time, event_source, event_name, account_id, aws_region,
  identity_arn, identity_type, invoked_by, source_ip_address, request_parameters, response_elements
from changes
where event_time < $until
order by event_time, event_id
