"""The last lines of a run: the outcomes of all stocks, those that are missing, or what a complete board lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

import pyarrow as pa

from forecast_service.market.dataset.plan import RangeTask
from forecast_service.market.dataset.range_done import DONE

MOST_NAMED = 50


def describe_run(day: date, board: pa.Table, seconds: float) -> str:
    """Return the first stocks without a forecast, and the number of stocks by outcome."""
    codes = dict(zip(board["ticker"].to_pylist(), board["code"].to_pylist(), strict=True))
    failed = [f"{ticker:<15} {code}" for ticker, code in codes.items() if code]
    counts = Counter(code or DONE for code in codes.values()).most_common()
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in counts)
    return "\n".join([*failed[:MOST_NAMED], f"{day}: {_stocks(len(codes))} in {seconds:.1f} s: {outcomes}"])


def describe_missing(missing: Sequence[RangeTask]) -> str:
    """Return which stocks have no row yet."""
    tickers = [ticker for task in missing for ticker in task.tickers]
    return f"error: {_stocks(len(tickers))} are missing, and the same command does them: {_name(tickers)}"


def describe_complete(day: date, absent: Sequence[str], *, is_outdated: bool) -> str:
    """Return the sentences on a date whose board is left as it is.

    Args:
        day: the date.
        absent: the stored tickers that are not on the board.
        is_outdated: whether the stored prices have changed since the dataset was begun.
    """
    complete = f"The dataset of {day} is complete already"
    if absent:
        return f"{complete}, without {_stocks(len(absent), 'stored stock')}: {_name(absent)}. --anew makes it again."
    if is_outdated:
        return f"{complete}. The stored prices have changed since it was begun. --anew makes it again."
    return f"{complete}."


def _name(tickers: Sequence[str]) -> str:
    more = f" and {len(tickers) - MOST_NAMED} more" if len(tickers) > MOST_NAMED else ""
    return ", ".join(tickers[:MOST_NAMED]) + more


def _stocks(count: int, noun: str = "stock") -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"
