-- How many entries did log processing cause, over time and by depth of the function in its chain?
-- grain: bucket, depth (1: a source starts it, or a bucket records itself, 2: such a function calls it, 3: deeper);
-- parameters: unit ('hour' or 'day'), step_minutes (a part of the unit), since, until,
-- accounts and regions with all_accounts and all_regions (true: the list is not looked at),
-- first_functions, second_functions and deeper_functions (ARNs by depth), buckets (names of those that record themselves)
with wanted_accounts as (
  select u.account_id from (select 1 as one) as o cross join unnest($accounts) as u(account_id)
),
wanted_regions as (
  select u.aws_region from (select 1 as one) as o cross join unnest($regions) as u(aws_region)
),
depths as (
  select u.function_arn, 1 as depth from (select 1 as one) as o cross join unnest($first_functions) as u(function_arn)
  union all
  select u.function_arn, 2 as depth from (select 1 as one) as o cross join unnest($second_functions) as u(function_arn)
  union all
  select u.function_arn, 3 as depth from (select 1 as one) as o cross join unnest($deeper_functions) as u(function_arn)
),
self_logging as (
  select u.bucket_name from (select 1 as one) as o cross join unnest($buckets) as u(bucket_name)
),
caused as (
  select r.minute, r.account_id, r.aws_region, d.depth, r.entries
  from run_minutes as r
  join depths as d
    on d.function_arn = r.function_arn
  union all
  select c.minute, c.account_id, c.aws_region, d.depth, c.entries
  from call_minutes as c
  join depths as d
    on d.function_arn = c.caller_function_arn
  union all
  select m.minute, m.account_id, m.aws_region, 1 as depth, m.entries
  from delivery_minutes as m
  join self_logging as s
    on s.bucket_name = m.bucket_name
),
wanted as (
  select
    date_trunc($unit, minute)
      + cast(floor(extract(minute from minute) / $step_minutes) * $step_minutes as integer) * interval '1 minute' as bucket,
    depth,
    entries
  from caused
  where minute >= $since
    and minute < $until
    and ($all_accounts or account_id in (select account_id from wanted_accounts))
    and ($all_regions or aws_region in (select aws_region from wanted_regions))
)
select
  bucket,
  depth,
  cast(sum(entries) as bigint) as entries
from wanted
group by bucket, depth
order by bucket, depth
