"""The track record in one file, as Parquet or CSV: ``python -m local_stack.exports``."""
