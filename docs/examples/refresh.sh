curl -X POST localhost:5000/api/v1/prices/AAPL:refresh
