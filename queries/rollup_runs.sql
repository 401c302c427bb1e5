-- Which functions ran, started by what, and how many entries did their runs write?
-- grain: minute of the run's first record, account_id (recipient), aws_region, category, function_arn, trigger, caller;
-- parameters: day_start, day_end; reads the tables known_sessions and issued_keys.
-- A run is one request id, however many records it wrote; its trigger is its accept record's,
-- never that of an InvokeExecution; a state machine is told by the role that it runs as. Each day is counted by itself,
-- so that any number of days gives the same rows: records of its last six hours join late retries to their run in the next.
with told as (
  select
    e.event_time,
    date_trunc('day', e.event_time) as day,
    e.account_id,
    e.aws_region,
    e.category,
    e.function_arn,
    e.run_id,
    e.outcome,
    case
      when e.trigger_kind = 'api' and k.function_arn is not null then 'function'
      else e.trigger_kind
    end as trigger_kind,
    case when e.trigger_kind = 'step_functions' then coalesce(e.trigger_arn, e.role_arn) else e.trigger_arn end as trigger_arn,
    coalesce(e.caller_function_arn, k.function_arn, i.function_arn) as caller_function_arn
  from events as e
  left join known_sessions as k
    on k.account_id = e.identity_account_id
    and k.session_name = e.session_name
    and e.invoked_by is null
    and (k.aws_region is null or k.aws_region = e.aws_region)
  left join issued_keys as i
    on i.access_key_id = e.access_key_id
    and i.day = date_trunc('day', e.event_time)
  where e.function_arn is not null
    and e.event_time >= $day_start - interval '6 hours'
    and e.event_time < $day_end
),
records as (
  select event_time, day, account_id, aws_region, category, function_arn, run_id, outcome, trigger_kind, trigger_arn,
    caller_function_arn
  from told
  where event_time >= $day_start
  union all
  select event_time, day + interval '1 day' as day, account_id, aws_region, category, function_arn, run_id, outcome,
    trigger_kind, trigger_arn, caller_function_arn
  from told
  where event_time >= day + interval '18 hours'
    and event_time < $day_end - interval '1 day'
),
runs as (
  select
    day,
    function_arn,
    run_id,
    account_id,
    aws_region,
    category,
    min(event_time) as first_time,
    max(case when caller_function_arn is not null then 'function' else trigger_kind end) as trigger_kind,
    max(trigger_arn) as trigger_arn,
    max(caller_function_arn) as caller_function_arn,
    max(case when outcome = 'executed' then 1 else 0 end) as executed,
    count(*) filter (where outcome = 'throttled' and event_time >= day) as throttled,
    count(*) filter (where event_time >= day) as entries
  from records
  group by day, function_arn, run_id, account_id, aws_region, category
)
select
  date_trunc('minute', case when first_time < day then day else first_time end) as minute,
  account_id,
  aws_region,
  category,
  function_arn,
  coalesce(trigger_kind, 'unknown') as trigger_kind,
  trigger_arn,
  caller_function_arn,
  count(*) filter (where first_time >= day) as runs,
  sum(executed) filter (where first_time >= day) as executed,
  sum(throttled) as throttled,
  sum(entries) as entries
from runs
where entries > 0
group by
  date_trunc('minute', case when first_time < day then day else first_time end),
  account_id, aws_region, category, function_arn, coalesce(trigger_kind, 'unknown'), trigger_arn, caller_function_arn
order by minute, function_arn, account_id, aws_region, category, trigger_kind, trigger_arn, caller_function_arn
