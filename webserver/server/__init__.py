"""The server process: gunicorn's worker, its connection limits, and the metrics, also those of the backups."""
