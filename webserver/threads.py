"""How much a worker process of the web server does at once."""

CONNECTIONS = 1000
"""How many clients may be connected."""
MOST_WAITING = 600
"""Of these, how many may be waiting for a forecast; the rest is for polls and health checks."""
PER_WORKER = 192
"""How many threads there are; who waits for a forecast needs none, who is slow to ask or to read does."""
MOST_DISPATCHING = 96
"""How many of them may be held where ingestion cannot be reached."""
MOST_STREAMING = 12
"""How many of them may be held by streams of stages."""
