"""The refresh of stored prices from the command line: ``python -m ingestion_service.refresh``."""
