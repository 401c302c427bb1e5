-- Who subscribed which log group to which destination, and who took a subscription away?
-- grain: event; parameters: [since], [until]
select
  event_time,
  event_name,
  coalesce(
    json_extract_string(request_parameters, '$.logGroupName'),
    json_extract_string(request_parameters, '$.destinationName'),
    json_extract_string(request_parameters, '$.policyName')) as subject,
  json_extract_string(request_parameters, '$.filterName') as filter_name,
  coalesce(
    json_extract_string(request_parameters, '$.destinationArn'),
    json_extract_string(request_parameters, '$.targetArn')) as destination_arn,
  identity_arn,
  source_ip_address,
  account_id,
  aws_region,
  event_id
from events
where event_source = 'logs.amazonaws.com'
  and event_name in ('PutSubscriptionFilter', 'DeleteSubscriptionFilter', 'PutDestination', 'PutAccountPolicy', 'DeleteAccountPolicy')
  and error_code is null
  and error_message is null
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
order by event_time, event_id
