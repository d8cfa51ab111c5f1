"""The life of a TCP service: settings, start, health, readiness, end."""
