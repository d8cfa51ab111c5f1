"""Batches: forecasts of many tickers in one call."""
