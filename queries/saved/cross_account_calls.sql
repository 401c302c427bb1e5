-- Which identities of one account act in another?
-- grain: identity_account_id, account_id, identity_arn; parameters: [since], [until]
select
  identity_account_id,
  account_id,
  identity_arn,
  count(*) as entries,
  count(distinct event_name) as different_calls,
  min(event_time) as first_seen,
  max(event_time) as last_seen
from events
where identity_account_id is not null
  and identity_account_id <> account_id
  and ($since is null or event_time >= cast($since as timestamp))
  and ($until is null or event_time < cast($until as timestamp))
group by identity_account_id, account_id, identity_arn
order by entries desc, identity_account_id, account_id, identity_arn
