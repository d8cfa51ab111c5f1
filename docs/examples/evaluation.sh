curl -H 'Prefer: wait=30' -d '{"ticker": "AAPL", "days": 30, "models": ["prophet", "ets"], "origins": 30, "rule": {}}' localhost:5000/api/v1/evaluations
