-- Which functions write the most entries by running, and how many a run?
-- grain: function_arn; parameters: [account_id], [since], [until]
with runs as (
  select
    function_arn,
    count(*) as entries,
    count(distinct run_id) as runs
  from events
  where function_arn is not null
    and ($account_id is null or account_id = $account_id)
    and ($since is null or event_time >= cast($since as timestamp))
    and ($until is null or event_time < cast($until as timestamp))
  group by function_arn
)
select
  function_arn,
  entries,
  runs,
  round(cast(entries as double) / nullif(runs, 0), 3) as entries_per_run
from runs
order by entries desc, function_arn
