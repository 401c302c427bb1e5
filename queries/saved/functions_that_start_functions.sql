-- Which functions call which functions, across which accounts?
-- grain: caller_function_arn, function_arn; parameters: [since], [until]
select
  caller_function_arn,
  function_arn,
  identity_account_id as caller_account_id,
  account_id,
  count(distinct run_id) as runs,
  min(event_time) as first_seen,
  max(event_time) as last_seen
from events
where function_arn is not null
  and caller_function_arn is not null
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by caller_function_arn, function_arn, identity_account_id, account_id
order by runs desc, caller_function_arn, function_arn, caller_account_id, account_id
