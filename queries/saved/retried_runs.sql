-- Which runs were dispatched more than once?
-- grain: function_arn, run_id; parameters: [function_arn], [since], [until]
select
  function_arn,
  run_id,
  count(*) as attempts,
  count(*) filter (where outcome = 'throttled') as throttled,
  max(case when code_ran then 1 else 0 end) = 1 as ran_at_last,
  min(event_time) as first_attempt,
  max(event_time) as last_attempt
from events
where event_name = 'InvokeExecution'
  and ($function_arn is null or function_arn = $function_arn)
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by function_arn, run_id
having count(*) > 1
order by attempts desc, function_arn, run_id
limit 1000
