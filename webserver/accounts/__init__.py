"""Accounts over HTTP: the caller's account, its tokens, and the audit log."""
