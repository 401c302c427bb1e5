-- When did each run begin and end, what started it, and what came of it, by the numbers of run_kinds?
-- grain: UTC day, subject_number (function, account, region, category), run_id; parameters: day_start, day_end;
-- reads the tables known_sessions, issued_keys and run_kinds.
-- A run is one request id, however many records it wrote; its trigger is its accept record's,
-- never that of an InvokeExecution. Each day is counted by itself, so that any number of days gives the same rows:
-- records of its last six hours join late retries to their run in the next.
with told as (
  select
    e.event_time,
    date_trunc('day', e.event_time) as day,
    e.run_id,
    e.outcome,
    n.subject_number,
    n.kind_number,
    n.trigger_number,
    n.caller_number
  from events as e
  left join known_sessions as k
    on k.account_id = e.identity_account_id
    and k.session_name = e.session_name
    and e.invoked_by is null
    and (k.aws_region is null or k.aws_region = e.aws_region)
  left join issued_keys as i
    on i.access_key_id = e.access_key_id
    and i.day = date_trunc('day', e.event_time)
  join run_kinds as n
    on n.function_arn = e.function_arn
    and n.account_id is not distinct from e.account_id
    and n.aws_region is not distinct from e.aws_region
    and n.category is not distinct from e.category
    and n.told_kind is not distinct from e.trigger_kind
    and n.trigger_arn is not distinct from
      case when e.trigger_kind = 'step_functions' then coalesce(e.trigger_arn, e.role_arn) else e.trigger_arn end
    and n.caller_function_arn is not distinct from coalesce(e.caller_function_arn, k.function_arn, i.function_arn)
  where e.function_arn is not null
    and e.event_time >= $day_start - interval '6 hours'
    and e.event_time < $day_end
),
records as (
  select event_time, day, run_id, outcome, subject_number, kind_number, trigger_number, caller_number
  from told
  where event_time >= $day_start
  union all
  select event_time, day + interval '1 day' as day, run_id, outcome, subject_number, kind_number, trigger_number, caller_number
  from told
  where event_time >= day + interval '18 hours'
    and event_time < $day_end - interval '1 day'
)
select
  day,
  subject_number,
  run_id,
  min(event_time) as first_time,
  max(event_time) as last_time,
  max(kind_number) as kind_number,
  max(trigger_number) as trigger_number,
  max(caller_number) as caller_number,
  max(case when outcome = 'executed' then 1 else 0 end) as executed,
  count(*) filter (where outcome = 'throttled' and event_time >= day) as throttled,
  count(*) filter (where event_time >= day) as entries
from records
group by day, subject_number, run_id
