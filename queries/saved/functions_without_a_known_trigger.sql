-- Which functions run without a recorded cause?
-- grain: function_arn; parameters: [since], [until]
select
  function_arn,
  trigger_kind,
  count(distinct run_id) as runs,
  min(event_time) as first_seen,
  max(event_time) as last_seen
from events
where function_arn is not null
  and event_name <> 'InvokeExecution'
  and trigger_arn is null
  and caller_function_arn is null
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by function_arn, trigger_kind
order by runs desc, function_arn, trigger_kind
