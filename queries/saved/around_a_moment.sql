-- What was recorded within minutes of a moment, other than runs of functions and reading?
-- grain: event; parameters: moment, [minutes], [account_id]
select
  event_time,
  event_source,
  event_name,
  coalesce(identity_arn, invoked_by) as actor,
  error_code,
  account_id,
  event_id
from events
where event_time >= cast($moment as timestamp) - coalesce(cast($minutes as integer), 10) * interval '1 minute'
  and event_time < cast($moment as timestamp) + coalesce(cast($minutes as integer), 10) * interval '1 minute'
  and function_arn is null
  and not coalesce(read_only, false)
  and ($account_id is null or account_id = $account_id)
order by event_time, event_id
limit 10000
