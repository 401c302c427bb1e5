-- What does an entry say, in each account that recorded it?
-- grain: event; parameters: event_id
select *
from events
where event_id = $event_id
order by recipient_account_id
