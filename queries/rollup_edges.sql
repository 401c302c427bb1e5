-- What starts a function: when first and last, and which records show it?
-- grain: day, function_arn, trigger_kind, trigger_arn, trigger_account, caller_function_arn; parameters: day_start, day_end;
-- reads the table hour_details
select
  function_arn,
  case when caller_function_arn is not null then 'function' else trigger_kind end as trigger_kind,
  trigger_arn,
  trigger_account,
  caller_function_arn,
  cast(sum(entries) as bigint) as entries,
  min(first_seen) as first_seen,
  max(last_seen) as last_seen,
  min_by(first_event_id, struct_pack(at := first_seen, id := first_event_id)) filter (where first_event_id is not null) as first_event_id,
  max_by(last_event_id, struct_pack(at := last_seen, id := last_event_id)) filter (where last_event_id is not null) as last_event_id,
  min(low_event_id) as low_event_id,
  max(high_event_id) as high_event_id
from hour_details
where function_arn is not null
  and trigger_kind is not null
  and hour >= $day_start
  and hour < $day_end
group by
  date_trunc('day', hour),
  function_arn,
  case when caller_function_arn is not null then 'function' else trigger_kind end,
  trigger_arn, trigger_account, caller_function_arn
order by function_arn, trigger_kind, trigger_arn, trigger_account, caller_function_arn, first_seen
