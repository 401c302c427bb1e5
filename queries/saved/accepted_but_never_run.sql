-- Which asynchronous runs were accepted, but never executed in the archive?
-- grain: function_arn; parameters: [since], [until]
with runs as (
  select
    function_arn,
    run_id,
    min(event_time) as accepted_at,
    max(case when code_ran then 1 else 0 end) as ran
  from events
  where function_arn is not null
    and ($since is null or event_time >= cast($since as timestamp))
    and ($until is null or event_time < cast($until as timestamp))
  group by function_arn, run_id
  having max(case when outcome = 'accepted' then 1 else 0 end) = 1
)
select
  function_arn,
  count(*) as accepted,
  count(*) filter (where ran = 0) as never_run,
  min(case when ran = 0 then accepted_at end) as first_such,
  max(case when ran = 0 then accepted_at end) as last_such
from runs
group by function_arn
having count(*) filter (where ran = 0) > 0
order by never_run desc, function_arn
