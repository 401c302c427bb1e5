-- What happened hour by hour, to whom?
-- grain: as subject_hours; parameters: since, until
select * from subject_hours
where hour >= $since and hour < $until
order by hour, account_id, subject_kind, subject, function_arn
