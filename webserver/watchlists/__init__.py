"""Watchlists: the stocks that a person follows, kept with the account."""
