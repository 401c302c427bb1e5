-- Between which hours did an account and region, busy before and after, record nothing?
-- grain: gap; parameters: since, until, least_hours, most_rows
with hours as (
  select distinct
    coalesce(account_id, 'unknown') as account_id,
    coalesce(aws_region, 'unknown') as aws_region,
    date_trunc('hour', minute) as hour
  from traffic_minutes
  where minute >= $since
    and minute < $until
),
following as (
  select
    account_id,
    aws_region,
    hour,
    lead(hour) over (partition by account_id, aws_region order by hour) as next_hour
  from hours
),
gaps as (
  select
    account_id,
    aws_region,
    hour + interval '1 hour' as gap_start,
    next_hour as gap_end,
    date_diff('second', hour, next_hour) / 3600 - 1 as gap_hours
  from following
  where next_hour is not null
)
select account_id, aws_region, gap_start, gap_end, gap_hours
from gaps
where gap_hours >= $least_hours
order by gap_hours desc, account_id, aws_region, gap_start
limit $most_rows
