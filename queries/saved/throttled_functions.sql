-- Which functions were throttled, in which hour and how often?
-- grain: function_arn, hour; parameters: [function_arn], [since], [until]
select
  function_arn,
  date_trunc('hour', event_time) as hour,
  count(*) filter (where outcome = 'throttled') as throttled,
  count(*) filter (where outcome = 'executed') as executed
from events
where function_arn is not null
  and ($function_arn is null or function_arn = $function_arn)
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by function_arn, date_trunc('hour', event_time)
having count(*) filter (where outcome = 'throttled') > 0
order by throttled desc, function_arn, hour
