"""Requests of every kind of analysis: accept one, wait for its end, follow, cancel and share it, answer from caches."""
