"""How tickers stand in addresses."""

from __future__ import annotations

from werkzeug.routing import BaseConverter


class TickerConverter(BaseConverter):
    """A ticker, right or wrong; a colon ends it: what follows is what is to be done."""

    regex = "[^/:]+"
