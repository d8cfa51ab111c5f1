curl -d '{"ticker": "AAPL", "days": 30}' localhost:5000/api/v1/forecasts
