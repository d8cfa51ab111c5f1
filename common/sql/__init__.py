"""The SQL store: accounts, tokens, sessions, lists and alerts. The only package that touches SQL."""
