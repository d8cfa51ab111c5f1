"""Stored prices and tickers: listed, searched, read, refreshed, removed."""
