-- How much did each function, caller, source and account do in each hour?
-- grain: hour, account_id, subject_kind, subject, function_arn; parameters: day_start, day_end;
-- reads the tables hour_details, runs_of_days and run_kinds.
-- function: its run records. source: what a run record names as its trigger. account: every entry.
-- caller: who asked, over the role's sessions; function_arn is what it started, null for its other calls.
-- A service that names its trigger is a source, not a caller. Runs are request ids, counted in the hours of their
-- first and of their last record; only the record that tells a run's trigger names a source or a caller, so those have
-- a run a record.
with details as (
  select
    hour,
    account_id,
    function_arn,
    trigger_arn,
    caller,
    entries,
    case when function_arn is null then 0 else entries end as told_runs,
    first_seen,
    last_seen,
    first_event_id,
    last_event_id
  from hour_details
  where hour >= $day_start
    and hour < $day_end
    and account_id is not null
),
runs as (
  select subject_number, first_time, last_time, began_before
  from runs_of_days
  where run_id is not null
    and day >= $day_start
    and day < $day_end
),
hours_of_runs as (
  select subject_number, date_trunc('hour', last_time) as hour
  from runs
  union all
  select subject_number, date_trunc('hour', first_time) as hour
  from runs
  where not began_before
    and date_trunc('hour', first_time) < date_trunc('hour', last_time)
),
function_runs as (
  select h.hour, s.account_id, s.function_arn, count(*) as runs
  from hours_of_runs as h
  join (select distinct subject_number, account_id, function_arn from run_kinds) as s
    on s.subject_number = h.subject_number
  group by h.hour, s.account_id, s.function_arn
),
account_runs as (
  select hour, account_id, cast(sum(runs) as bigint) as runs
  from function_runs
  group by hour, account_id
),
subjects as (
  select 'function' as subject_kind, function_arn as subject, function_arn, cast(null as varchar) as trigger_arn,
    hour, account_id, entries, told_runs, first_seen, last_seen, first_event_id, last_event_id
  from details
  where function_arn is not null
  union all
  select 'caller' as subject_kind, caller as subject, function_arn, cast(null as varchar) as trigger_arn,
    hour, account_id, entries, told_runs, first_seen, last_seen, first_event_id, last_event_id
  from details
  where caller is not null
  union all
  select 'source' as subject_kind, trigger_arn as subject, function_arn, trigger_arn,
    hour, account_id, entries, told_runs, first_seen, last_seen, first_event_id, last_event_id
  from details
  where trigger_arn is not null and function_arn is not null
  union all
  select 'account' as subject_kind, account_id as subject, cast(null as varchar) as function_arn,
    cast(null as varchar) as trigger_arn,
    hour, account_id, entries, told_runs, first_seen, last_seen, first_event_id, last_event_id
  from details
),
told as (
  select
    hour,
    account_id,
    subject_kind,
    subject,
    function_arn,
    trigger_arn,
    cast(sum(entries) as bigint) as entries,
    cast(sum(told_runs) as bigint) as told_runs,
    min_by(first_event_id, struct_pack(at := first_seen, id := first_event_id))
      filter (where first_event_id is not null) as first_event_id,
    max_by(last_event_id, struct_pack(at := last_seen, id := last_event_id))
      filter (where last_event_id is not null) as last_event_id
  from subjects
  group by hour, account_id, subject_kind, subject, function_arn, trigger_arn
)
select
  t.hour,
  t.account_id,
  t.subject_kind,
  t.subject,
  t.function_arn,
  t.trigger_arn,
  t.entries,
  case t.subject_kind when 'function' then coalesce(f.runs, 0) when 'account' then coalesce(a.runs, 0) else t.told_runs end as runs,
  t.first_event_id,
  t.last_event_id
from told as t
left join function_runs as f
  on f.hour = t.hour
  and f.account_id = t.account_id
  and f.function_arn = t.function_arn
left join account_runs as a
  on a.hour = t.hour
  and a.account_id = t.account_id
order by hour, account_id, subject_kind, subject, function_arn
