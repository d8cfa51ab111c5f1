"""Headlines about a stock, as the ingestion service fetched them."""
