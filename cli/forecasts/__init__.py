"""The commands forecast, backtest and refresh."""
