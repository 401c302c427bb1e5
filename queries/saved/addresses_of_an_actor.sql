-- From which addresses and with which programs did somebody act?
-- grain: source_ip_address, user_agent; parameters: identity_arn, [since], [until]
select
  source_ip_address,
  user_agent,
  count(*) as entries,
  min(event_time) as first_seen,
  max(event_time) as last_seen
from events
where identity_arn = $identity_arn
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by source_ip_address, user_agent
order by entries desc, source_ip_address, user_agent
