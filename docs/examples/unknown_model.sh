curl -d '{"ticker": "AAPL", "models": ["holt"]}' localhost:5000/api/v1/evaluations
