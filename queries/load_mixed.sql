-- Of which accounts did a log file of the window hold management and data entries together?
-- grain: account_id; parameters: since, until
select distinct account_id
from file_days
where mixed_files > 0
  and day >= date_trunc('day', $since) and day < $until
  and account_id is not null
order by account_id
