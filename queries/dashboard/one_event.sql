-- What does one record say, in full?
-- grain: record; parameters: source_id and record_index (its place in the archive), event_time
select *
from events
where source_id = $source_id
  and record_index = $record_index
  and event_time = $event_time
order by event_id
limit 1
