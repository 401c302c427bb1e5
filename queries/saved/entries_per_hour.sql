-- How many entries has each account an hour, and what part of them are runs of functions?
-- grain: account_id, hour; parameters: [account_id], [since], [until]
select
  account_id,
  date_trunc('hour', event_time) as hour,
  count(*) as entries,
  count(*) filter (where function_arn is not null) as run_entries,
  round(cast(count(*) filter (where function_arn is not null) as double) / count(*), 4) as run_share
from events
where ($account_id is null or account_id = $account_id)
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by account_id, date_trunc('hour', event_time)
order by account_id, hour
