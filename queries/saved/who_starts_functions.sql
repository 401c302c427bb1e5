-- What starts each function, since when and how often?
-- grain: function_arn, trigger_kind, trigger_arn, caller_function_arn; parameters: [function_arn], [since], [until]
select
  function_arn,
  trigger_kind,
  trigger_arn,
  caller_function_arn,
  count(distinct run_id) as runs,
  min(event_time) as first_seen,
  max(event_time) as last_seen
from events
where function_arn is not null
  and trigger_kind is not null
  and ($function_arn is null or function_arn = $function_arn)
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by function_arn, trigger_kind, trigger_arn, caller_function_arn
order by runs desc, function_arn, trigger_kind, trigger_arn, caller_function_arn
