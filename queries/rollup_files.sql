-- How many log files held the entries of an account, and how many of them management and data entries together?
-- grain: day, account_id; parameters: day_start, day_end
select
  day,
  account_id,
  count(*) as files,
  cast(sum(management * data) as bigint) as mixed_files
from (
  select
    date_trunc('day', event_time) as day,
    account_id,
    source_id,
    max(case when category = 'Management' then 1 else 0 end) as management,
    max(case when category = 'Data' then 1 else 0 end) as data
  from events
  where event_time >= $day_start
    and event_time < $day_end
  group by date_trunc('day', event_time), account_id, source_id
) as f
group by day, account_id
order by day, account_id
