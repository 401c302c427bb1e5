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
    coalesce(e.caller_function_arn, k.function_arn, i.function_arn) as caller_function_arn,
    case
      when e.event_source = 'sqs.amazonaws.com' then json_extract_string(e.request_parameters, '$.queueUrl')
      when e.event_source = 'sns.amazonaws.com' then json_extract_string(e.request_parameters, '$.topicArn')
      when e.event_source = 'kinesis.amazonaws.com' then coalesce(
        json_extract_string(e.request_parameters, '$.streamARN'),
        json_extract_string(e.request_parameters, '$.streamName'))
      when e.event_source = 'firehose.amazonaws.com' then json_extract_string(e.request_parameters, '$.deliveryStreamName')
      when e.event_source = 'states.amazonaws.com' then json_extract_string(e.request_parameters, '$.stateMachineArn')
      when e.event_source = 'dynamodb.amazonaws.com' then coalesce(
        json_extract_string(e.request_parameters, '$.tableName'),
        json_extract_string(e.resources, '$[0].ARN'))
      when e.event_source = 's3.amazonaws.com' then e.bucket_name
    end as target
  from events as e
  left join known_sessions as k
    on k.account_id = e.identity_account_id
    and k.session_name = e.session_name
    and (k.aws_region is null or k.aws_region = e.aws_region)
  left join issued_keys as i
    on i.access_key_id = e.access_key_id
    and i.day = date_trunc('day', e.event_time)
  where e.function_arn is null
    and e.event_time >= $day_start
    and e.event_time < $day_end
),
role_sessions as (
  select
    e.event_time,
    e.account_id,
    e.aws_region,
    e.category,
    e.event_source,
    e.event_name,
    e.read_only,
    k.function_arn as caller_function_arn,
    cast(null as varchar) as target
  from events as e
  join known_sessions as k
    on k.account_id = e.account_id
    and k.session_name = e.issued_session
    and (k.aws_region is null or k.aws_region = e.aws_region)
  where e.event_source = 'sts.amazonaws.com'
    and e.invoked_by = 'lambda.amazonaws.com'
    and e.event_time >= $day_start
    and e.event_time < $day_end
),
attributed as (
  select * from calls where caller_function_arn is not null
  union all
  select * from role_sessions
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
