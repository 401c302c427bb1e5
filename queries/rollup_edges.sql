-- What starts a function: when first and last, and which records show it?
-- grain: day, function_arn, trigger_kind, trigger_arn, trigger_account, caller_function_arn; parameters: day_start, day_end;
-- reads the tables known_sessions and issued_keys
with accepts as (
  select
    e.event_time,
    e.event_id,
    e.function_arn,
    case
      when coalesce(e.caller_function_arn, k.function_arn, i.function_arn) is not null then 'function'
      else e.trigger_kind
    end as trigger_kind,
    e.trigger_arn,
    e.trigger_account,
    coalesce(e.caller_function_arn, k.function_arn, i.function_arn) as caller_function_arn
  from events as e
  left join known_sessions as k
    on k.account_id = e.identity_account_id
    and k.session_name = e.session_name
    and e.invoked_by is null
    and (k.aws_region is null or k.aws_region = e.aws_region)
  left join issued_keys as i
    on i.access_key_id = e.access_key_id
    and i.day = date_trunc('day', e.event_time)
  where e.function_arn is not null
    and e.trigger_kind is not null
    and e.event_time >= $day_start
    and e.event_time < $day_end
)
select
  function_arn,
  trigger_kind,
  trigger_arn,
  trigger_account,
  caller_function_arn,
  count(*) as entries,
  min(event_time) as first_seen,
  max(event_time) as last_seen,
  min_by(event_id, struct_pack(at := event_time, id := event_id)) filter (where event_id is not null) as first_event_id,
  max_by(event_id, struct_pack(at := event_time, id := event_id)) filter (where event_id is not null) as last_event_id,
  min(event_id) as low_event_id,
  max(event_id) as high_event_id
from accepts
group by
  date_trunc('day', event_time),
  function_arn, trigger_kind, trigger_arn, trigger_account, caller_function_arn
order by function_arn, trigger_kind, trigger_arn, trigger_account, caller_function_arn, first_seen
