"""Traces of requests through the services, by OpenTelemetry; off unless the environment names a collector."""
