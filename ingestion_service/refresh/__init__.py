"""The command that refreshes stored prices: ``python -m ingestion_service.refresh``."""
