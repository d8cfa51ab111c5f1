"""HTTP for every route: problems, request parsing, conditional requests, rate limits, compression."""
