-- When did each function run first and last, and how often?
-- grain: function_arn; parameters: [account_id], [since], [until]
select
  function_arn,
  min(event_time) as first_run,
  max(event_time) as last_run,
  count(distinct run_id) as runs
from events
where code_ran
  and ($account_id is null or account_id = $account_id)
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by function_arn
order by last_run desc, function_arn
