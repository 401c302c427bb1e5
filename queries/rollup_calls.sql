-- Which calls did functions make, other than starting functions?
-- grain: minute, account_id, aws_region, category, event_source, event_name, read_only, caller_function_arn, target;
-- parameters: day_start, day_end; reads the tables known_sessions and issued_keys.
-- A call is a function's by inScopeOf, else by its session's name, else by credentials that it obtained.
-- The role session that Lambda opens for a function carries the function's name.
with calls as (
  select
    e.event_time,
    e.account_id,
    e.aws_region,
    e.category,
    e.event_source,
    e.event_name,
    e.read_only,
    e.request_parameters,
    e.resources,
    e.bucket_name,
    coalesce(e.caller_function_arn, k.function_arn, i.function_arn, r.function_arn) as caller_function_arn
  from events as e
  left join known_sessions as k
    on k.account_id = e.identity_account_id
    and k.session_name = e.session_name
    and (k.aws_region is null or k.aws_region = e.aws_region)
  left join issued_keys as i
    on i.access_key_id = e.access_key_id
    and i.day = date_trunc('day', e.event_time)
  left join known_sessions as r
    on r.account_id = e.account_id
    and r.session_name = e.issued_session
    and (r.aws_region is null or r.aws_region = e.aws_region)
    and e.event_source = 'sts.amazonaws.com'
    and e.invoked_by = 'lambda.amazonaws.com'
  where e.function_arn is null
    and e.event_time >= $day_start
    and e.event_time < $day_end
),
attributed as (
  select
    event_time,
    account_id,
    aws_region,
    category,
    event_source,
    event_name,
    read_only,
    caller_function_arn,
    case
      when event_source = 'sqs.amazonaws.com' then json_extract_string(request_parameters, '$.queueUrl')
      when event_source = 'sns.amazonaws.com' then json_extract_string(request_parameters, '$.topicArn')
      when event_source = 'kinesis.amazonaws.com' then coalesce(
        json_extract_string(request_parameters, '$.streamARN'),
        json_extract_string(request_parameters, '$.streamName'))
      when event_source = 'firehose.amazonaws.com' then json_extract_string(request_parameters, '$.deliveryStreamName')
      when event_source = 'states.amazonaws.com' then json_extract_string(request_parameters, '$.stateMachineArn')
      when event_source = 'dynamodb.amazonaws.com' then coalesce(
        json_extract_string(request_parameters, '$.tableName'),
        json_extract_string(resources, '$[0].ARN'))
      when event_source = 's3.amazonaws.com' then bucket_name
    end as target
  from calls
  where caller_function_arn is not null
)
select
  date_trunc('minute', event_time) as minute,
  account_id,
  aws_region,
  category,
  event_source,
  event_name,
  read_only,
  caller_function_arn,
  target,
  count(*) as entries
from attributed
group by
  date_trunc('minute', event_time),
  account_id, aws_region, category, event_source, event_name, read_only, caller_function_arn, target
order by minute, account_id, aws_region, category, event_source, event_name, read_only, caller_function_arn, target
