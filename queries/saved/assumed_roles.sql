-- Which roles were assumed, by whom and how often?
-- grain: assumed_role, assumed_by; parameters: [since], [until]
select
  json_extract_string(request_parameters, '$.roleArn') as assumed_role,
  coalesce(caller_function_arn, role_arn, identity_arn, invoked_by) as assumed_by,
  count(*) as entries,
  count(*) filter (where error_code is not null) as failed,
  min(event_time) as first_seen,
  max(event_time) as last_seen
from events
where event_source = 'sts.amazonaws.com'
  and event_name like 'AssumeRole%'
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by json_extract_string(request_parameters, '$.roleArn'), coalesce(caller_function_arn, role_arn, identity_arn, invoked_by)
order by entries desc, assumed_role, assumed_by
