"""The ingestion service: keeps prices fresh in S3, and delivers orders to the forecast service."""
