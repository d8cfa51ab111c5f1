"""The names of the sample's tickers and of its source, for code that needs none of its prices."""

SAMPLE = "sample"
TICKERS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")
