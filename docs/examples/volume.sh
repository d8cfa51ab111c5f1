curl -d '{"ticker": "AAPL", "days": 30, "field": "volume", "history_days": 1000}' 'localhost:5000/api/v1/forecasts?fields=predicted_price,unit,yardstick,interval,target_date,verdict'
