"""The forecasting models and their backtests: pure functions on arrays and data frames, without I/O."""
