-- How many entries were recorded, over time?
-- grain: bucket; parameters: unit ('hour' or 'day'), step_minutes (a part of the unit), since, until,
-- accounts and regions with all_accounts and all_regions (true: the list is not looked at)
with wanted_accounts as (
  select u.account_id from (select 1 as one) as o cross join unnest($accounts) as u(account_id)
),
wanted_regions as (
  select u.aws_region from (select 1 as one) as o cross join unnest($regions) as u(aws_region)
),
wanted as (
  select
    date_trunc($unit, minute)
      + cast(floor(extract(minute from minute) / $step_minutes) * $step_minutes as integer) * interval '1 minute' as bucket,
    entries
  from traffic_minutes
  where minute >= $since
    and minute < $until
    and ($all_accounts or account_id in (select account_id from wanted_accounts))
    and ($all_regions or aws_region in (select aws_region from wanted_regions))
)
select
  bucket,
  cast(sum(entries) as bigint) as entries
from wanted
group by bucket
order by bucket
