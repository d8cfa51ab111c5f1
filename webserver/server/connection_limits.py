"""The connection limits of a worker process; each client has its own greenlet."""

CONNECTIONS = 1000
"""The most connected clients."""
MOST_WAITING = 600
"""The most clients that wait for a forecast or for ingestion; the other connections are for polls and health checks."""
MOST_STREAMING = 50
"""The most open event streams; each polls Redis by itself."""
