"""Requests for forecasts in Redis: their records, attempts, batches and results."""
