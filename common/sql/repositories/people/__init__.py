"""People and how they get in: accounts, API tokens, sessions, one-time links, and the log of changes."""
