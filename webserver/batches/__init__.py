"""Forecasts of many tickers, asked for at once."""
