-- Between which hours did an account that was heard before and after record nothing?
-- grain: account_id, silence; parameters: [least_hours]
with hours as (
  select distinct
    account_id,
    date_trunc('hour', event_time) as hour
  from events
),
following as (
  select
    account_id,
    hour,
    lead(hour) over (partition by account_id order by hour) as next_hour
  from hours
)
select
  account_id,
  hour + interval '1 hour' as silent_from,
  next_hour as silent_until,
  cast(date_diff('second', hour, next_hour) / 3600 as integer) - 1 as silent_hours
from following
where date_diff('second', hour, next_hour) > 3600 * coalesce(cast($least_hours as integer), 1)
order by silent_hours desc, account_id, silent_from
