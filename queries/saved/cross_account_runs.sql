-- Which functions are started from another account?
-- grain: function_arn, trigger_account; parameters: [since], [until]
select
  function_arn,
  account_id,
  coalesce(trigger_account, identity_account_id) as trigger_account,
  trigger_kind,
  count(distinct run_id) as runs,
  min(event_time) as first_seen,
  max(event_time) as last_seen
from events
where function_arn is not null
  and coalesce(trigger_account, identity_account_id) <> split_part(function_arn, ':', 5)
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by function_arn, account_id, coalesce(trigger_account, identity_account_id), trigger_kind
order by runs desc, function_arn, account_id, trigger_account, trigger_kind
