curl -d '{"ticker": "AAPL", "patterns": [{"type": "candles", "candles": "G G G R"}]}' localhost:5000/api/v1/patterns
