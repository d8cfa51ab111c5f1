curl -d '{"ticker": "AAPL", "patterns": [{"type": "candles", "candles": "G G X"}]}' localhost:5000/api/v1/patterns
