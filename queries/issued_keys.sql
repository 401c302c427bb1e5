-- Which access keys did functions obtain by assuming another role?
-- grain: access_key_id, day; parameters: day_start, day_end; reads the table known_sessions.
-- The day before is read too: its last hours join late retries to their runs.
select
  e.issued_access_key_id as access_key_id,
  date_trunc('day', e.event_time) as day,
  max(coalesce(e.caller_function_arn, k.function_arn)) as function_arn
from events as e
left join known_sessions as k
  on k.account_id = e.identity_account_id
  and k.session_name = e.session_name
  and (k.aws_region is null or k.aws_region = e.aws_region)
where e.issued_access_key_id is not null
  and e.event_time >= $day_start - interval '1 day'
  and e.event_time < $day_end
  and coalesce(e.caller_function_arn, k.function_arn) is not null
group by e.issued_access_key_id, date_trunc('day', e.event_time)
order by access_key_id, day
