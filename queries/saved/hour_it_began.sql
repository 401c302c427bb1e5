-- In which hour did the runs of functions grow the most, in each account?
-- grain: account_id; parameters: [since], [until]
with hours as (
  select
    account_id,
    date_trunc('hour', event_time) as hour,
    count(*) filter (where function_arn is not null) as run_entries
  from events
  where ($since is null or event_time >= cast($since as timestamp))
    and ($until is null or event_time < cast($until as timestamp))
  group by account_id, date_trunc('hour', event_time)
),
jumps as (
  select
    account_id,
    hour,
    run_entries,
    lag(run_entries, 1, 0) over (partition by account_id order by hour) as entries_before,
    row_number() over (partition by account_id order by hour) as place
  from hours
),
ranked as (
  select
    account_id,
    hour,
    run_entries,
    entries_before,
    run_entries - entries_before as growth,
    row_number() over (partition by account_id order by run_entries - entries_before desc, hour) as rank_of_growth
  from jumps
  where place > 1
)
select
  account_id,
  hour,
  entries_before,
  run_entries,
  growth
from ranked
where rank_of_growth = 1
  and growth > 0
order by growth desc, account_id
