"""How many clients a worker process of the web server serves at once; each has a greenlet of its own."""

CONNECTIONS = 1000
"""How many may be connected."""
MOST_WAITING = 600
"""Of these, how many may be waiting for a forecast, or for ingestion; the rest is for polls and health checks."""
MOST_STREAMING = 50
"""How many may be following the stages of a request; each looks at Redis by itself."""
