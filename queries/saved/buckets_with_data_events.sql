-- Which buckets write the most data events, by which call?
-- grain: bucket_name, event_name; parameters: [since], [until]
select
  bucket_name,
  event_name,
  account_id,
  count(*) as entries,
  count(*) filter (where invoked_by = 'cloudtrail.amazonaws.com') as by_cloudtrail,
  min(event_time) as first_seen,
  max(event_time) as last_seen
from events
where bucket_name is not null
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by bucket_name, event_name, account_id
order by entries desc, bucket_name, event_name, account_id
