"""The ingestion service: keeps a ticker's prices fresh in S3 and hands requests on to the forecast service."""
