-- Which records did one run write?
-- grain: event; parameters: run_id
select
  event_time,
  event_name,
  outcome,
  function_arn,
  trigger_kind,
  trigger_arn,
  caller_function_arn,
  source_ip_address,
  event_id
from events
where run_id = $run_id
order by event_time, event_name, event_id
