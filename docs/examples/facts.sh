curl localhost:5000/api/v1/tickers/IBM/facts
