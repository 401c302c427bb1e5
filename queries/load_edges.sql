-- What starts each function, with the records that show it?
-- grain: as edge_days; parameters: since, until
select
  function_arn, trigger_kind, trigger_arn, trigger_account, caller_function_arn,
  sum(entries) as entries,
  min(first_seen) as first_seen,
  max(last_seen) as last_seen,
  min_by(first_event_id, struct_pack(at := first_seen, id := first_event_id)) filter (where first_event_id is not null) as first_event_id,
  max_by(last_event_id, struct_pack(at := last_seen, id := last_event_id)) filter (where last_event_id is not null) as last_event_id,
  min(low_event_id) as low_event_id,
  max(high_event_id) as high_event_id
from edge_days
where last_seen >= $since and first_seen < $until
group by function_arn, trigger_kind, trigger_arn, trigger_account, caller_function_arn
order by function_arn, trigger_kind, trigger_arn, trigger_account, caller_function_arn
