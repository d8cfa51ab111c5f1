curl -d '{"ticker": "AAPL", "condition": {"kind": "price", "side": "above", "price": 450.0}}' localhost:5000/api/v1/alerts
