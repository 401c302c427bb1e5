-- Which entries does the window hold?
-- grain: as traffic_minutes; parameters: since, until
select minute, account_id, aws_region, category, event_source, event_name, read_only, sum(entries) as entries
from traffic_minutes
where minute >= $since and minute < $until
group by minute, account_id, aws_region, category, event_source, event_name, read_only
order by minute, account_id, aws_region, category, event_source, event_name, read_only
