curl -H 'Idempotency-Key: 0f8fad5b-d9cb-469f-a165-70867728950e' -d '{"ticker": "AAPL", "days": 60}' localhost:5000/api/v1/forecasts
