-- Which calls does a function make with its own credentials?
-- grain: event_source, event_name, account_id; parameters: function_arn, [since], [until]
select
  event_source,
  event_name,
  account_id,
  category,
  count(*) as entries,
  count(*) filter (where error_code is not null) as failed,
  min(event_time) as first_seen,
  max(event_time) as last_seen
from events
where caller_function_arn = $function_arn
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by event_source, event_name, account_id, category
order by entries desc, event_source, event_name, account_id, category
