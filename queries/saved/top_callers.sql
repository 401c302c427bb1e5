-- Who writes the most entries?
-- grain: caller, account_id; parameters: [account_id], [since], [until]
select
  coalesce(caller_function_arn, role_arn, identity_arn, invoked_by, 'unknown') as caller,
  account_id,
  count(*) as entries,
  count(distinct event_name) as different_calls,
  min(event_time) as first_seen,
  max(event_time) as last_seen
from events
where ($account_id is null or account_id = $account_id)
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by coalesce(caller_function_arn, role_arn, identity_arn, invoked_by, 'unknown'), account_id
order by entries desc, caller, account_id
limit 1000
