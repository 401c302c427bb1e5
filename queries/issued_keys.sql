-- Which access keys did functions obtain by assuming another role?
-- grain: access_key_id, day on which it is used; parameters: day_start, day_end; reads the table known_sessions.
-- The day before is read too: its last hours join late retries to their runs, and a key of its last hour is
-- used after midnight (a role assumed with a role's credentials is for an hour at most: IAM, role chaining).
with issued as (
  select
    e.issued_access_key_id as access_key_id,
    e.event_time,
    date_trunc('day', e.event_time) as day,
    coalesce(e.caller_function_arn, k.function_arn) as function_arn
  from events as e
  left join known_sessions as k
    on k.account_id = e.identity_account_id
    and k.session_name = e.session_name
    and (k.aws_region is null or k.aws_region = e.aws_region)
  where e.issued_access_key_id is not null
    and e.event_time >= $day_start - interval '1 day'
    and e.event_time < $day_end
    and coalesce(e.caller_function_arn, k.function_arn) is not null
),
used as (
  select access_key_id, day, function_arn from issued
  union all
  select access_key_id, day + interval '1 day' as day, function_arn
  from issued
  where event_time >= day + interval '23 hours'
)
select access_key_id, day, max(function_arn) as function_arn
from used
group by access_key_id, day
order by access_key_id, day
