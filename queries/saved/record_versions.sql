-- Which versions of the record format does the archive hold, and since when?
-- grain: event_version; parameters: none
select
  event_version,
  count(*) as entries,
  min(event_time) as first_seen,
  max(event_time) as last_seen
from events
group by event_version
order by event_version
