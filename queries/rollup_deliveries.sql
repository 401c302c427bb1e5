-- Which deliveries of CloudTrail itself into a bucket were recorded?
-- grain: minute, account_id, aws_region, category, event_name, bucket_name; parameters: day_start, day_end
select
  date_trunc('minute', event_time) as minute,
  account_id,
  aws_region,
  category,
  event_name,
  bucket_name,
  count(*) as entries,
  min_by(event_id, struct_pack(at := event_time, id := event_id)) filter (where event_id is not null) as first_event_id,
  max_by(event_id, struct_pack(at := event_time, id := event_id)) filter (where event_id is not null) as last_event_id
from events
where event_source = 's3.amazonaws.com'
  and event_name = 'PutObject'
  and bucket_name is not null
  and (invoked_by = 'cloudtrail.amazonaws.com' or (identity_type = 'AWSService' and source_ip_address = 'cloudtrail.amazonaws.com'))
  and event_time >= $day_start
  and event_time < $day_end
group by date_trunc('minute', event_time), account_id, aws_region, category, event_name, bucket_name
order by minute, account_id, aws_region, category, event_name, bucket_name
