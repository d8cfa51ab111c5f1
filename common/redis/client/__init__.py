"""Connections to Redis, scripts, checked replies, and Redis's failures as the project's own."""
