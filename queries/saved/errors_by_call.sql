-- Which calls fail, with which error, and how often?
-- grain: event_source, event_name, error_code; parameters: [account_id], [since], [until]
select
  event_source,
  event_name,
  coalesce(error_code, 'no code') as error_code,
  count(*) as entries,
  max(event_time) as last_seen,
  max_by(error_message, struct_pack(at := event_time, said := error_message)) filter (where error_message is not null) as last_message
from events
where (error_code is not null or error_message is not null)
  and ($account_id is null or account_id = $account_id)
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by event_source, event_name, coalesce(error_code, 'no code')
order by entries desc, event_source, event_name, error_code
