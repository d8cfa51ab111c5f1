"""Insights into what is unusual about a stock now, over HTTP."""
