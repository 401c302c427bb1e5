-- Which recorded deliveries of CloudTrail into buckets does the window hold?
-- grain: as delivery_minutes; parameters: since, until
select minute, account_id, aws_region, category, event_name, bucket_name, entries, first_event_id, last_event_id
from delivery_minutes
where minute >= $since and minute < $until
order by minute, account_id, aws_region, category, event_name, bucket_name
