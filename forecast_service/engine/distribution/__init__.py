"""The distribution of future prices: its drift, volatility, shape and simulated paths."""
