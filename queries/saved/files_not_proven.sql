-- Which loaded files are not proven by CloudTrail's digests, and why?
-- grain: file; parameters: none
select
  integrity,
  integrity_reason,
  uri,
  records,
  sha256
from sources
where integrity <> 'proven'
order by integrity, integrity_reason, uri
