"""The store in Amazon Athena: its tables, and read-only queries over them."""
