"""Archive to Parquet: sources, records, formats, integrity, and the ledger of what is in."""
