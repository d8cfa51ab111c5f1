"""The web server: the page, the JSON API, the dispatch to ingestion and the wait for the result."""
