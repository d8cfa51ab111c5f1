"""Forecasts: accept a request, wait for its end, answer from caches."""
