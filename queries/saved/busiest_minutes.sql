-- Which minutes had the most entries, and of what?
-- grain: minute, account_id, event_source, event_name; parameters: [since], [until]
select
  date_trunc('minute', event_time) as minute,
  account_id,
  event_source,
  event_name,
  count(*) as entries
from events
where ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by date_trunc('minute', event_time), account_id, event_source, event_name
order by entries desc, minute, account_id, event_source, event_name
limit 100
