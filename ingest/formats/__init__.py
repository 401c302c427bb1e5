"""CloudTrail in other clothes: Parquet and CSV files turned back into records."""
