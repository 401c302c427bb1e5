-- Which tables, views and columns can be asked?
-- grain: table_name, column_name; no parameters
select table_name, column_name, data_type
from information_schema.columns
where table_schema = 'main'
order by table_name, ordinal_position
