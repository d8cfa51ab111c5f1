"""The track record: chained entries and outcomes, their sums, queries, the replay, checks and exports."""
