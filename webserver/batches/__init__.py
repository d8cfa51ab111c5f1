"""Batches: many requests in one call, forecasts or analyses of any kinds."""
