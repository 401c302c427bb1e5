-- Which functions ran, started by what, and how many entries did their runs write?
-- grain: minute of the run's first record, account_id (recipient), aws_region, category, function_arn, trigger, caller;
-- parameters: day_start, day_end; reads the tables runs_of_days and run_kinds
with minutes as (
  select
    date_trunc('minute', case when began_before then day else first_time end) as minute,
    subject_number,
    start_number,
    count(*) filter (where not began_before) as runs,
    cast(sum(executed) filter (where not began_before) as bigint) as executed,
    cast(sum(throttled) as bigint) as throttled,
    cast(sum(entries) as bigint) as entries
  from runs_of_days
  where day >= $day_start
    and day < $day_end
  group by date_trunc('minute', case when began_before then day else first_time end), subject_number, start_number
)
select
  m.minute,
  f.account_id,
  f.aws_region,
  f.category,
  f.function_arn,
  coalesce(s.trigger_kind, 'unknown') as trigger_kind,
  s.trigger_arn,
  s.caller_function_arn,
  cast(sum(m.runs) as bigint) as runs,
  cast(sum(m.executed) as bigint) as executed,
  cast(sum(m.throttled) as bigint) as throttled,
  cast(sum(m.entries) as bigint) as entries
from minutes as m
join (select distinct subject_number, account_id, aws_region, category, function_arn from run_kinds) as f
  on f.subject_number = m.subject_number
join (select distinct start_number, trigger_kind, trigger_arn, caller_function_arn from run_kinds) as s
  on s.start_number = m.start_number
group by
  m.minute, f.account_id, f.aws_region, f.category, f.function_arn,
  coalesce(s.trigger_kind, 'unknown'), s.trigger_arn, s.caller_function_arn
order by minute, function_arn, account_id, aws_region, category, trigger_kind, trigger_arn, caller_function_arn
