-- From when to when are there entries?
-- grain: one row; parameters: none
select min(minute) as first_minute, max(minute) as last_minute from traffic_minutes
