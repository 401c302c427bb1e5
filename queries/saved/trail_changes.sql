-- How were trails and their event selectors changed?
-- grain: event; parameters: [since], [until]
select
  event_time,
  event_name,
  coalesce(
    json_extract_string(request_parameters, '$.name'),
    json_extract_string(request_parameters, '$.trailName')) as trail,
  coalesce(
    json_extract_string(request_parameters, '$.advancedEventSelectors'),
    json_extract_string(request_parameters, '$.eventSelectors')) as selectors,
  identity_arn,
  account_id,
  event_id
from events
where event_source = 'cloudtrail.amazonaws.com'
  and event_name in ('CreateTrail', 'UpdateTrail', 'DeleteTrail', 'StartLogging', 'StopLogging', 'PutEventSelectors')
  and error_code is null
  and error_message is null
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
order by event_time, event_id
