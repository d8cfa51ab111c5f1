"""Passwords: which ones are accepted, and their hashes."""
