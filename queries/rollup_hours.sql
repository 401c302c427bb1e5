-- How much did each function, caller, source and account do in each hour?
-- grain: hour, account_id, subject_kind, subject, function_arn; parameters: day_start, day_end.
-- function: its run records. source: what a run record names as its trigger. account: every entry.
-- caller: who asked, over the role's sessions; function_arn is what it started, null for its other calls.
-- A service that names its trigger is a source, not a caller. Runs are request ids, counted in each hour they wrote in;
-- only the record that tells a run's trigger names a source or a caller, so those have a run a record.
with entries_of_day as (
  select
    date_trunc('hour', event_time) as hour,
    event_time,
    event_id,
    account_id,
    function_arn,
    run_id,
    trigger_arn,
    case
      when function_arn is not null and trigger_kind is null then null
      when caller_function_arn is not null then caller_function_arn
      when role_arn is not null and role_arn <> '' then role_arn
      when identity_arn is not null then identity_arn
      when trigger_arn is null then invoked_by
    end as caller
  from events
  where event_time >= $day_start
    and event_time < $day_end
    and account_id is not null
),
details as (
  select
    hour,
    account_id,
    function_arn,
    trigger_arn,
    caller,
    count(*) as entries,
    count(run_id) as told_runs,
    min(event_time) filter (where event_id is not null) as first_time,
    max(event_time) filter (where event_id is not null) as last_time,
    min_by(event_id, struct_pack(at := event_time, id := event_id)) filter (where event_id is not null) as first_event_id,
    max_by(event_id, struct_pack(at := event_time, id := event_id)) filter (where event_id is not null) as last_event_id
  from entries_of_day
  group by hour, account_id, function_arn, trigger_arn, caller
),
function_runs as (
  select hour, account_id, function_arn, count(distinct run_id) as runs
  from entries_of_day
  where function_arn is not null
  group by hour, account_id, function_arn
),
account_runs as (
  select hour, account_id, cast(sum(runs) as bigint) as runs
  from function_runs
  group by hour, account_id
),
subjects as (
  select 'function' as subject_kind, function_arn as subject, function_arn, cast(null as varchar) as trigger_arn,
    hour, account_id, entries, told_runs, first_time, last_time, first_event_id, last_event_id
  from details
  where function_arn is not null
  union all
  select 'caller' as subject_kind, caller as subject, function_arn, cast(null as varchar) as trigger_arn,
    hour, account_id, entries, told_runs, first_time, last_time, first_event_id, last_event_id
  from details
  where caller is not null
  union all
  select 'source' as subject_kind, trigger_arn as subject, function_arn, trigger_arn,
    hour, account_id, entries, told_runs, first_time, last_time, first_event_id, last_event_id
  from details
  where trigger_arn is not null and function_arn is not null
  union all
  select 'account' as subject_kind, account_id as subject, cast(null as varchar) as function_arn,
    cast(null as varchar) as trigger_arn,
    hour, account_id, entries, told_runs, first_time, last_time, first_event_id, last_event_id
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
    min_by(first_event_id, struct_pack(at := first_time, id := first_event_id))
      filter (where first_event_id is not null) as first_event_id,
    max_by(last_event_id, struct_pack(at := last_time, id := last_event_id))
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
  case t.subject_kind when 'function' then f.runs when 'account' then coalesce(a.runs, 0) else t.told_runs end as runs,
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
