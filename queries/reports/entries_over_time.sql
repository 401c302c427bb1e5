-- How many entries were recorded over time, and how many of them did log processing cause?
-- grain: bucket; parameters: unit ('hour' or 'day'), step_minutes (a part of the unit), since, until,
-- functions (ARNs of log-processing functions), buckets (names of those that record their own deliveries);
-- reads the rollups traffic_minutes, run_minutes, call_minutes, delivery_minutes
with log_functions as (
  select u.function_arn from (select 1 as one) as o cross join unnest($functions) as u(function_arn)
),
own_buckets as (
  select u.bucket_name from (select 1 as one) as o cross join unnest($buckets) as u(bucket_name)
),
counted as (
  select minute, entries, 0 as second_order from traffic_minutes
  union all
  select minute, 0 as entries, entries as second_order from run_minutes
  where function_arn in (select function_arn from log_functions)
  union all
  select minute, 0 as entries, entries as second_order from call_minutes
  where caller_function_arn in (select function_arn from log_functions)
  union all
  select minute, 0 as entries, entries as second_order from delivery_minutes
  where bucket_name in (select bucket_name from own_buckets)
)
select
  date_trunc($unit, minute)
    + cast(floor(extract(minute from minute) / $step_minutes) * $step_minutes as integer) * interval '1 minute' as bucket,
  cast(sum(entries) as bigint) as entries,
  cast(sum(second_order) as bigint) as second_order
from counted
where minute >= $since
  and minute < $until
group by
  date_trunc($unit, minute)
    + cast(floor(extract(minute from minute) / $step_minutes) * $step_minutes as integer) * interval '1 minute'
order by bucket
