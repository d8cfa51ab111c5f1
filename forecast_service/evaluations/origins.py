"""The choice of the days from which all models forecast."""

from __future__ import annotations

import numpy as np

from common.domain.errors import TooLittleData
from forecast_service.engine.evaluation.backtest import Origins

LEAST_PAST = 120
"""The least number of values before the first origin: about half a year of trading days."""


def last_origins(ticker: str, rows: int, horizon: int, count: int) -> Origins:
    """Return ``count`` origins, the last of which has its target on the last day.

    They are a horizon apart where the history is long enough, so that no day belongs to two forecasts. Otherwise they
    are as far apart as the history allows.

    Args:
        ticker: the stock, for the text of the failure.
        rows: the number of values.
        horizon: trading days ahead.
        count: the number of origins.

    Raises:
        TooLittleData: the history has no room for so many origins.
    """
    last = rows - 1 - horizon
    step = min(horizon, (last - LEAST_PAST + 1) // (count - 1)) if count > 1 else horizon
    if step < 1 or last - (count - 1) * step < LEAST_PAST - 1:
        needed = LEAST_PAST + count - 1 + horizon
        raise TooLittleData(
            f"{ticker} has {rows} values, and {count} origins with a horizon of {horizon} values need at least "
            f"{needed}. Ask for fewer origins or fewer days."
        )
    return Origins(np.arange(last - (count - 1) * step, last + 1, step, dtype=np.int64), horizon)


def split_origins(ticker: str, rows: int, horizon: int, fraction: float, most: int) -> Origins:
    """Return the origins of a divided history: the last value of its first part, then one a horizon later, and so on.

    Args:
        ticker: the stock, for the text of the failure.
        rows: the number of values.
        horizon: trading days ahead.
        fraction: the fraction of the values in the first part.
        most: the largest number of origins. Where there would be more, their distance is a multiple of the horizon.

    Raises:
        TooLittleData: a part of the history is too short.
    """
    first = int(fraction * rows) - 1
    last = rows - 1 - horizon
    if first < LEAST_PAST - 1 or last < first:
        parts = f"of which the first {fraction:g} are {first + 1}"
        raise TooLittleData(
            f"{ticker} has {rows} values, {parts}. A split needs at least {LEAST_PAST} before it and {horizon} "
            "after it. Choose another split or fewer days."
        )
    steps = (last - first) // horizon + 1
    step = horizon * -(-steps // most)
    return Origins(np.arange(first, last + 1, step, dtype=np.int64), horizon)
