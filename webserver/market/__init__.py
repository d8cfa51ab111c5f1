"""The nightly run over the whole market: its metrics."""
