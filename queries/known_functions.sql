-- Which functions does each day's trail know, by run record?
-- grain: function_arn, day; parameters: day_start, day_end
select
  function_arn,
  min(event_time) as first_seen,
  max(event_time) as last_seen
from events
where function_arn is not null
  and event_time >= $day_start
  and event_time < $day_end
group by function_arn, date_trunc('day', event_time)
order by function_arn, first_seen
