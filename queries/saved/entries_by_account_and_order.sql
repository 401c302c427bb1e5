-- How many entries of each account are original, and how many did functions that logs start cause, by order?
-- grain: account_id, caused_by_order (0: original; 1: a log source started the function; 2 to 4: such a function called it); parameters: [since], [until]
with started as (
  select distinct function_arn
  from events
  where trigger_kind in ('cloudwatch_logs', 'kinesis', 'firehose', 's3', 'sns', 'sqs', 'eventbridge')
),
second as (
  select distinct e.function_arn
  from events as e
  join started as s
    on s.function_arn = e.caller_function_arn
  where e.function_arn is not null
    and e.function_arn not in (select function_arn from started)
),
third as (
  select distinct e.function_arn
  from events as e
  join second as s
    on s.function_arn = e.caller_function_arn
  where e.function_arn is not null
    and e.function_arn not in (select function_arn from started)
    and e.function_arn not in (select function_arn from second)
),
orders as (
  select function_arn, 1 as caused_by_order from started
  union all
  select function_arn, 2 as caused_by_order from second
  union all
  select function_arn, 3 as caused_by_order from third
),
placed as (
  select
    e.account_id,
    coalesce(ran.caused_by_order, called.caused_by_order, 0) as caused_by_order
  from events as e
  left join orders as ran
    on ran.function_arn = e.function_arn
  left join orders as called
    on called.function_arn = e.caller_function_arn
  where ($since is null or e.event_time >= cast($since as timestamp))
    and ($until is null or e.event_time < cast($until as timestamp))
)
select
  account_id,
  caused_by_order,
  count(*) as entries,
  round(cast(count(*) as double) / sum(count(*)) over (partition by account_id), 4) as share_of_account
from placed
group by account_id, caused_by_order
order by account_id, caused_by_order
