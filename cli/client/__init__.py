"""The client of a running stack's HTTP API."""
