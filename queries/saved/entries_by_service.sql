-- Of which services and categories are the entries?
-- grain: event_source, category; parameters: [account_id], [since], [until]
select
  event_source,
  category,
  count(*) as entries,
  count(distinct event_name) as different_calls,
  count(*) filter (where error_code is not null) as failed,
  round(cast(count(*) as double) / sum(count(*)) over (), 4) as share
from events
where ($account_id is null or account_id = $account_id)
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by event_source, category
order by entries desc, event_source, category
