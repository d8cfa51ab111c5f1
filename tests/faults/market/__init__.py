"""Faults of the nightly run over the whole market."""
