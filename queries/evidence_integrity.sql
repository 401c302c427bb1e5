-- What do the digests prove of the files that these entries were loaded from?
-- grain: event_id; parameters: event_ids; reads the ledger table sources
with wanted as (
  select u.event_id from (select 1 as one) as o cross join unnest($event_ids) as u(event_id)
),
ranked as (
  select
    e.event_id,
    min(case s.integrity when 'tampered' then 0 when 'proven' then 2 else 1 end) as place
  from events as e
  left join sources as s
    on s.id = e.source_id
  where e.event_id in (select event_id from wanted)
  group by e.event_id
)
select
  event_id,
  case place when 0 then 'tampered' when 1 then 'unproven' else 'proven' end as integrity
from ranked
order by event_id
