"""How people get in with ``AUTH=on``: registration, passwords, sessions, one-time links, administration."""
