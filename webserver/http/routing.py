"""How tickers stand in addresses, and which methods change nothing."""

from __future__ import annotations

from werkzeug.routing import BaseConverter

READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Requests of these methods are not counted, and any site's page may send them."""


class TickerConverter(BaseConverter):
    """A ticker, right or wrong; a colon ends it: what follows is what is to be done."""

    regex = "[^/:]+"
