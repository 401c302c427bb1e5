-- How much did each function, caller, source and account do in each hour?
-- grain: hour, account_id, subject_kind, subject, function_arn; parameters: day_start, day_end.
-- function: its run records. source: what a run record names as its trigger. account: every entry.
-- caller: who asked, over the role's sessions; function_arn is what it started, null for its other calls.
-- A service that names its trigger is a source, not a caller. Runs are request ids, counted in each hour they wrote in.
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
subjects as (
  select hour, account_id, 'function' as subject_kind, function_arn as subject, function_arn,
    cast(null as varchar) as trigger_arn, event_time, event_id, run_id
  from entries_of_day
  where function_arn is not null
  union all
  select hour, account_id, 'caller' as subject_kind, caller as subject, function_arn,
    cast(null as varchar) as trigger_arn, event_time, event_id, run_id
  from entries_of_day
  where caller is not null
  union all
  select hour, account_id, 'source' as subject_kind, trigger_arn as subject, function_arn,
    trigger_arn, event_time, event_id, run_id
  from entries_of_day
  where trigger_arn is not null and function_arn is not null
  union all
  select hour, account_id, 'account' as subject_kind, account_id as subject, cast(null as varchar) as function_arn,
    cast(null as varchar) as trigger_arn, event_time, event_id, run_id
  from entries_of_day
)
select
  hour,
  account_id,
  subject_kind,
  subject,
  function_arn,
  trigger_arn,
  count(*) as entries,
  count(distinct run_id) as runs,
  min_by(event_id, struct_pack(at := event_time, id := event_id)) filter (where event_id is not null) as first_event_id,
  max_by(event_id, struct_pack(at := event_time, id := event_id)) filter (where event_id is not null) as last_event_id
from subjects
group by hour, account_id, subject_kind, subject, function_arn, trigger_arn
order by hour, account_id, subject_kind, subject, function_arn
