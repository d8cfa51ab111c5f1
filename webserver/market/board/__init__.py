"""The board of the nightly run in memory: read from S3, kept current, filtered, sorted and paged."""
