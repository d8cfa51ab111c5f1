curl -X DELETE localhost:5000/api/v1/tickers/IBM
