"""How many requests a worker process of the web server serves at once."""

PER_WORKER = 224
MOST_WAITING = 192
"""Of these, how many may be held by requests that wait for a forecast; the rest is for polls and health checks."""
MOST_STREAMING = 12
"""How many may be held by streams of stages."""
