"""The track record as CSV: every entry with its content and its hashes, so that anybody can check the chains."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from common.sql.repositories.ledger.queries import ForecastRow
from common.sql.repositories.ledger.table import CSV_HEADER, csv_lines
from webserver.http.cooperative_work import in_pieces

ROWS_AT_ONCE = 200


def export_csv(read_after: Callable[[int], list[ForecastRow]]) -> Iterator[bytes]:
    """Yield the lines in pieces; memory holds one page.

    Args:
        read_after: returns the next page of forecasts after a number, the oldest first.
    """
    yield CSV_HEADER
    after = 0
    while rows := read_after(after):
        yield csv_lines(in_pieces(rows))
        after = rows[-1].number
