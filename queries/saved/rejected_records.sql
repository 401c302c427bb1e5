-- What could not be read, why, and in which file?
-- grain: file, reason; parameters: none
select
  s.uri,
  r.reason,
  count(*) as records,
  min(r.record_index) as first_record_index
from rejects as r
join sources as s
  on s.id = r.source_id
group by s.uri, r.reason
order by records desc, s.uri, r.reason
