curl -X PUT localhost:5000/api/v1/tickers/IBM
