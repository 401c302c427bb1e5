-- Who was denied what?
-- grain: identity_arn, event_source, event_name; parameters: [since], [until]
select
  identity_arn,
  event_source,
  event_name,
  count(*) as entries,
  count(distinct source_ip_address) as addresses,
  min(event_time) as first_seen,
  max(event_time) as last_seen
from events
where error_code in ('AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'Client.UnauthorizedOperation')
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by identity_arn, event_source, event_name
order by entries desc, identity_arn, event_source, event_name
