-- How many entries were recorded, of what?
-- grain: minute, account_id, aws_region, category, event_source, event_name, read_only; parameters: day_start, day_end
select
  date_trunc('minute', event_time) as minute,
  account_id,
  aws_region,
  category,
  event_source,
  event_name,
  read_only,
  count(*) as entries
from events
where event_time >= $day_start
  and event_time < $day_end
group by date_trunc('minute', event_time), account_id, aws_region, category, event_source, event_name, read_only
order by minute, account_id, aws_region, category, event_source, event_name, read_only
