"""Access of people with ``AUTH=on``: registration, passwords, sessions, one-time links, administration."""
