-- Where do functions write, and in how many entries?
-- grain: function_arn, target; parameters: since, until, most_rows
select
  caller_function_arn as function_arn,
  coalesce(target, event_source) as target,
  cast(sum(entries) as bigint) as entries
from call_minutes
where minute >= $since
  and minute < $until
group by caller_function_arn, coalesce(target, event_source)
order by entries desc, function_arn, target
limit $most_rows
