-- Which calls of functions does the window hold?
-- grain: as call_minutes; parameters: since, until
select
  minute, caller_function_arn, account_id, aws_region, category, event_source, event_name, read_only, target, entries
from call_minutes
where minute >= $since and minute < $until
order by minute, caller_function_arn, account_id, aws_region, category, event_source, event_name, read_only, target
