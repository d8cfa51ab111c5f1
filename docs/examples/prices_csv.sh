curl 'localhost:5000/api/v1/prices/AAPL?start=2013-02-27&format=csv'
