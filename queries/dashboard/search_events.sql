-- Which entries match a search for function, actor, event, text and time?
-- grain: event, newest first; parameters: function_text, actor_text, event_text, any_text, event_ids
-- (texts: a part, '' for any), since, until, most_rows, accounts and regions with all_accounts and all_regions
with wanted_ids as (
  select u.event_id from (select 1 as one) as o cross join unnest($event_ids) as u(event_id)
),
wanted_accounts as (
  select u.account_id from (select 1 as one) as o cross join unnest($accounts) as u(account_id)
),
wanted_regions as (
  select u.aws_region from (select 1 as one) as o cross join unnest($regions) as u(aws_region)
)
select
  event_time,
  event_name,
  event_source,
  coalesce(function_arn, caller_function_arn) as function_arn,
  coalesce(identity_arn, invoked_by, identity_type) as actor,
  source_ip_address,
  account_id,
  aws_region,
  outcome,
  error_code,
  event_id,
  source_id,
  record_index
from events
where event_time >= $since
  and event_time < $until
  and ($any_id or event_id in (select event_id from wanted_ids))
  and ($all_accounts or account_id in (select account_id from wanted_accounts))
  and ($all_regions or aws_region in (select aws_region from wanted_regions))
  and ($function_text = '' or position($function_text in lower(coalesce(function_arn, caller_function_arn, ''))) > 0)
  and ($actor_text = '' or position($actor_text in lower(concat(coalesce(identity_arn, ''), ' ', coalesce(invoked_by, ''), ' ', coalesce(source_ip_address, '')))) > 0)
  and ($event_text = '' or position($event_text in lower(concat(event_source, ' ', event_name))) > 0)
  and ($any_text = '' or position($any_text in lower(concat(
    coalesce(user_identity, ''), coalesce(request_parameters, ''), coalesce(response_elements, ''),
    coalesce(resources, ''), coalesce(additional_event_data, ''), coalesce(extra, '')))) > 0)
order by event_time desc, event_id, account_id
limit $most_rows
