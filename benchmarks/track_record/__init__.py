"""The track record's queries and its export on PostgreSQL, on a made-up year of all stocks."""
