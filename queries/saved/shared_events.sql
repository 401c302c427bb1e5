-- Which calls were recorded in two accounts, as two entries?
-- grain: shared_event_id; parameters: [since], [until]
select
  shared_event_id,
  event_source,
  event_name,
  min(account_id) as first_account,
  max(account_id) as second_account,
  count(*) as entries,
  min(event_time) as event_time
from events
where shared_event_id is not null
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by shared_event_id, event_source, event_name
having count(distinct account_id) > 1
order by event_time, shared_event_id, event_source, event_name
limit 1000
