"""The driver of PostgreSQL, which is imported only where a store is in PostgreSQL."""
