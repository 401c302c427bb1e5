-- Which queues and streams were connected to which functions, by whom?
-- grain: event; parameters: [since], [until]
select
  event_time,
  event_name,
  json_extract_string(request_parameters, '$.eventSourceArn') as source_arn,
  coalesce(
    json_extract_string(response_elements, '$.functionArn'),
    json_extract_string(request_parameters, '$.functionName')) as function_arn,
  cast(json_extract_string(request_parameters, '$.batchSize') as integer) as batch_size,
  identity_arn,
  account_id,
  event_id
from events
where event_source = 'lambda.amazonaws.com'
  and (event_name like 'CreateEventSourceMapping%' or event_name like 'UpdateEventSourceMapping%' or event_name like 'DeleteEventSourceMapping%')
  and error_code is null
  and error_message is null
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
order by event_time, event_id
