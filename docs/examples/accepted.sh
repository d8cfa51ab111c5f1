curl -H 'Prefer: wait=0' -d '{"ticker": "MSFT", "days": 90}' localhost:5000/api/v1/forecasts
