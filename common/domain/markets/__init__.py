"""The market of a ticker: its exchange, trading days, dates and currency."""
