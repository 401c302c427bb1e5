"""Where the queries that read every entry run: this machine's DuckDB, or a Spark cluster."""
