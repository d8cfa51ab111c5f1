"""Lists of tickers in query parameters."""

from __future__ import annotations

from common.domain.errors import InvalidRequest, InvalidTicker
from common.domain.questions import normalise_ticker


def parse_tickers(text: str, most: int) -> list[str]:
    """Return the tickers of a list such as ``AAPL,MSFT``, each once, in the order of the list.

    Raises:
        InvalidTicker: one of them is not valid; the text names its place.
        InvalidRequest: the list is empty, or has more than ``most`` tickers.
    """
    parts = text.split(",")
    if not text.strip():
        raise InvalidRequest("tickers is empty. Send tickers separated by commas, such as tickers=AAPL,MSFT.")
    if len(parts) > most:
        raise InvalidRequest(
            f"tickers has {len(parts)} entries, and at most {most} are allowed. Send several requests."
        )
    found: dict[str, None] = {}
    for number, part in enumerate(parts, 1):
        try:
            found[normalise_ticker(part.strip())] = None
        except InvalidTicker as failure:
            raise InvalidTicker(f"tickers, entry {number} ({part[:30]!r}): {failure.detail}") from failure
    return list(found)
