"""The question and the result of a pattern search, and the grammar of candles. No module imports mathematics."""
