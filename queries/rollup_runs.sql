-- Which functions ran, started by what, and how many entries did their runs write?
-- grain: minute of the run's first record, account_id (recipient), aws_region, category, function_arn, trigger, caller;
-- parameters: day_start, day_end; reads the tables runs_of_days and run_kinds
with minutes as (
  select
    date_trunc('minute', case when first_time < day then day else first_time end) as minute,
    subject_number,
    kind_number,
    trigger_number,
    caller_number,
    count(*) filter (where first_time >= day) as runs,
    cast(sum(executed) filter (where first_time >= day) as bigint) as executed,
    cast(sum(throttled) as bigint) as throttled,
    cast(sum(entries) as bigint) as entries
  from runs_of_days
  where entries > 0
    and day >= $day_start
    and day < $day_end
  group by
    date_trunc('minute', case when first_time < day then day else first_time end),
    subject_number, kind_number, trigger_number, caller_number
)
select
  m.minute,
  s.account_id,
  s.aws_region,
  s.category,
  s.function_arn,
  coalesce(k.trigger_kind, 'unknown') as trigger_kind,
  t.trigger_arn,
  c.caller_function_arn,
  m.runs,
  m.executed,
  m.throttled,
  m.entries
from minutes as m
join (select distinct subject_number, account_id, aws_region, category, function_arn from run_kinds) as s
  on s.subject_number = m.subject_number
join (select distinct kind_number, trigger_kind from run_kinds) as k on k.kind_number = m.kind_number
join (select distinct trigger_number, trigger_arn from run_kinds) as t on t.trigger_number = m.trigger_number
join (select distinct caller_number, caller_function_arn from run_kinds) as c on c.caller_number = m.caller_number
order by minute, function_arn, account_id, aws_region, category, trigger_kind, trigger_arn, caller_function_arn
