curl 'localhost:5000/api/v1/prices/latest?tickers=AAPL,MSFT,XOM'
