"""Tickers in addresses, and the methods that change nothing."""

from __future__ import annotations

from werkzeug.routing import BaseConverter

READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Requests with these methods are free by default, and pages of other sites may send them."""


class TickerConverter(BaseConverter):
    """A ticker, valid or not, up to a colon, which begins an action such as ``:refresh``.

    ``latest`` in lower case is none: ``/api/v1/prices/latest`` has the prices of many tickers.
    """

    regex = "(?!latest(?![^/:]))[^/:]+"
