"""Callers, their permissions, and the log of changes."""
