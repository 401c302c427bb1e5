-- Which functions does a day's trail know, by run record?
-- grain: function_arn; parameters: day_start, day_end
select
  function_arn,
  min(event_time) as first_seen,
  max(event_time) as last_seen
from events
where function_arn is not null
  and event_time >= $day_start
  and event_time < $day_end
group by function_arn
order by function_arn
