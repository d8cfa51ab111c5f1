curl -d '{"ticker": "AAPL", "dayz": 30}' localhost:5000/api/v1/forecasts
