curl -X PUT -d '{"currency": "EUR", "prices": [{"date": "2024-01-02", "close": 7}, {"date": "2024-01-03", "close": -4}]}' localhost:5000/api/v1/prices/MY-FUND
