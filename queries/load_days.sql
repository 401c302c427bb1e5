-- On which days are there entries, and how many?
-- grain: one row a UTC day; parameters: none
select cast(minute as date) as day, min(minute) as first_minute, max(minute) as last_minute, sum(entries) as entries
from traffic_minutes
group by 1
order by 1
