-- Which buckets did CloudTrail check in the window?
-- grain: bucket_name; parameters: since, until
select distinct bucket_name
from bucket_days
where bucket_name is not null
  and day >= date_trunc('day', $since) and day < $until
order by bucket_name
