-- Which buckets record the deliveries of trails into themselves?
-- grain: bucket_name; parameters: [since], [until]
select
  bucket_name,
  account_id,
  count(*) as deliveries,
  count(distinct date_trunc('hour', event_time)) as hours,
  min(event_time) as first_seen,
  max(event_time) as last_seen
from events
where event_source = 's3.amazonaws.com'
  and event_name = 'PutObject'
  and bucket_name is not null
  and (invoked_by = 'cloudtrail.amazonaws.com' or source_ip_address = 'cloudtrail.amazonaws.com')
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by bucket_name, account_id
order by deliveries desc, bucket_name, account_id
