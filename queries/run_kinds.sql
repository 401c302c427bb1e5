-- Which kinds of run records are there, with a number for each function and each start?
-- grain: function_arn, account_id, aws_region, category, told_kind, trigger_arn, caller_function_arn;
-- parameters: day_start, day_end; reads the table hour_details.
-- Runs are grouped by these numbers, which takes half the time that their texts would. A run that a function asked for
-- has trigger_kind function; told_kind is what its record says. Starts of records that tell a trigger (accept records)
-- come after those of records that tell none, else they are in their texts' order.
with kinds as (
  select distinct
    function_arn,
    account_id,
    aws_region,
    category,
    trigger_kind as told_kind,
    case when caller_function_arn is not null then 'function' else trigger_kind end as trigger_kind,
    starter as trigger_arn,
    caller_function_arn
  from hour_details
  where function_arn is not null
    and hour >= $day_start - interval '6 hours'
    and hour < $day_end
)
select
  function_arn,
  account_id,
  aws_region,
  category,
  told_kind,
  trigger_kind,
  trigger_arn,
  caller_function_arn,
  dense_rank() over (order by function_arn, account_id, aws_region, category) as subject_number,
  dense_rank() over (
    order by
      case when told_kind is null then 0 else 1 end,
      trigger_kind nulls first, trigger_arn nulls first, caller_function_arn nulls first
  ) as start_number
from kinds
