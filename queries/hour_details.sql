-- Of which kinds were the entries of each hour: run records by function, trigger and caller, others by caller alone?
-- grain: hour, account_id, aws_region, category, function_arn, trigger, caller_function_arn, caller;
-- parameters: day_start, day_end; reads the tables known_sessions and issued_keys.
-- What rollups of runs, edges and hours have in common. The last six hours of the day before are read too:
-- late retries join their runs. caller_function_arn is the function that asked, by inScopeOf, its session's name or
-- credentials that it obtained; caller is who asked, over the role's sessions. starter is a run's trigger: a state
-- machine is told by the role that it runs as.
select
  date_trunc('hour', e.event_time) as hour,
  e.account_id,
  e.aws_region,
  e.category,
  e.function_arn,
  e.trigger_kind,
  e.trigger_arn,
  e.trigger_account,
  case when e.trigger_kind = 'step_functions' then coalesce(e.trigger_arn, e.role_arn) else e.trigger_arn end as starter,
  coalesce(e.caller_function_arn, k.function_arn, i.function_arn) as caller_function_arn,
  case
    when e.function_arn is not null and e.trigger_kind is null then null
    when e.caller_function_arn is not null then e.caller_function_arn
    when e.role_arn is not null and e.role_arn <> '' then e.role_arn
    when e.identity_arn is not null then e.identity_arn
    when e.trigger_arn is null then e.invoked_by
  end as caller,
  count(*) as entries,
  min(e.event_time) as first_seen,
  max(e.event_time) as last_seen,
  min_by(e.event_id, struct_pack(at := e.event_time, id := e.event_id)) filter (where e.event_id is not null) as first_event_id,
  max_by(e.event_id, struct_pack(at := e.event_time, id := e.event_id)) filter (where e.event_id is not null) as last_event_id,
  min(e.event_id) as low_event_id,
  max(e.event_id) as high_event_id
from events as e
left join known_sessions as k
  on k.account_id = e.identity_account_id
  and k.session_name = e.session_name
  and e.function_arn is not null
  and e.invoked_by is null
  and (k.aws_region is null or k.aws_region = e.aws_region)
left join issued_keys as i
  on i.access_key_id = e.access_key_id
  and i.day = date_trunc('day', e.event_time)
  and e.function_arn is not null
where e.event_time >= $day_start - interval '6 hours'
  and e.event_time < $day_end
group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
