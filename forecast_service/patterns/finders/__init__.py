"""The places of a pattern in one series: candles, candlestick patterns, turnarounds, shapes."""
