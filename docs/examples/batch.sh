curl -d '{"tickers": ["AAPL", "MSFT", "NO/SUCH"], "days": 21}' localhost:5000/api/v1/forecasts:batch
