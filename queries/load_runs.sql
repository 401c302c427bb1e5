-- Which runs does the window hold?
-- grain: as run_minutes; parameters: since, until
select
  minute, function_arn, trigger_kind, trigger_arn, caller_function_arn, account_id, aws_region, category,
  runs, executed, throttled, entries
from run_minutes
where minute >= $since and minute < $until
order by minute, function_arn, trigger_kind, trigger_arn, caller_function_arn, account_id, aws_region, category
