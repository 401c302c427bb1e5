-- What was rejected, why, and in which file first?
-- grain: reason; parameters: most_rows; reads the ledger tables rejects and sources
select
  r.reason,
  count(*) as records,
  count(distinct r.source_id) as files,
  min(s.uri) as first_uri,
  min_by(r.record_index, struct_pack(source := r.source_id, place := r.record_index)) filter (where r.record_index is not null) as first_record_index
from rejects as r
left join sources as s
  on s.id = r.source_id
group by r.reason
order by records desc, r.reason
limit $most_rows
