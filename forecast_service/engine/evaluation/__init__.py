"""Backtests: past forecasts of the same stock, scored and summarized."""
