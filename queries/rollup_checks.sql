-- Of which buckets did CloudTrail ask who may write into them, as it does of those that it delivers into?
-- grain: day, account_id, bucket_name; parameters: day_start, day_end
select
  date_trunc('day', event_time) as day,
  account_id,
  json_extract_string(request_parameters, '$.bucketName') as bucket_name,
  count(*) as checks
from events
where event_source = 's3.amazonaws.com'
  and event_name = 'GetBucketAcl'
  and invoked_by = 'cloudtrail.amazonaws.com'
  and event_time >= $day_start
  and event_time < $day_end
group by date_trunc('day', event_time), account_id, json_extract_string(request_parameters, '$.bucketName')
order by day, account_id, bucket_name
