-- When did each run begin and end, what started it, and what came of it, by the numbers of run_kinds?
-- grain: UTC day, subject_number (function, account, region, category), run_id; parameters: day_start, day_end;
-- reads the tables known_sessions, issued_keys and run_kinds.
-- A run is one request id, however many records it wrote; its start is its accept record's,
-- never that of an InvokeExecution. Each day is counted by itself, so that any number of days gives the same rows: a run
-- without an accept record in the first six hours of a day, but with records in the last six of the day before, is a late
-- retry of that day's run (began_before).
with told as (
  select
    e.event_time,
    date_trunc('day', e.event_time) as day,
    e.run_id,
    e.outcome,
    n.subject_number,
    n.start_number
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
days as (
  select
    day,
    subject_number,
    run_id,
    min(event_time) as first_time,
    max(event_time) as last_time,
    max(start_number) as start_number,
    max(start_number) filter (where event_time >= day + interval '18 hours') as late_start_number,
    max(case when outcome = 'executed' then 1 else 0 end) as executed,
    count(*) filter (where outcome = 'throttled') as throttled,
    count(*) as entries
  from told
  group by day, subject_number, run_id
),
retries as (
  select d.day, d.subject_number, d.run_id, before.late_start_number
  from days as d
  join (select distinct start_number from run_kinds where told_kind is null) as u
    on u.start_number = d.start_number
  join days as before
    on before.run_id = d.run_id
    and before.subject_number = d.subject_number
    and before.day = d.day - interval '1 day'
  where d.first_time < d.day + interval '6 hours'
    and before.late_start_number is not null
)
select
  d.day,
  d.subject_number,
  d.run_id,
  d.first_time,
  d.last_time,
  greatest(d.start_number, coalesce(r.late_start_number, d.start_number)) as start_number,
  r.run_id is not null as began_before,
  d.executed,
  d.throttled,
  d.entries
from days as d
left join retries as r
  on r.day = d.day
  and r.subject_number = d.subject_number
  and r.run_id = d.run_id
where d.day >= $day_start
