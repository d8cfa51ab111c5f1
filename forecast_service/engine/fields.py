"""The values of one field of a price series, as the models take them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from common.domain.errors import FieldUnavailable
from common.domain.fields import Field
from common.domain.prices import MIN_ROWS, PriceSeries

OTHER_FIELD = "Choose the close, or another field."


def field_values(history: PriceSeries, field: Field) -> pd.Series[float]:
    """Return the values of a field by day, without the days that have none.

    A source may have no open, high or low on a day, and a halted stock, an index or a currency has no volume. All
    returned values are positive.

    Raises:
        FieldUnavailable: fewer than :data:`MIN_ROWS` days have a value.
        TooLittleData: there are fewer closes than that.
    """
    history.require_rows()
    column = history.frame[field]
    values = column.to_numpy(dtype=np.float64)
    present: pd.Series[float] = column[np.isfinite(values) & (values > 0)]
    if len(present) < MIN_ROWS:
        raise FieldUnavailable(_missing_sentence(history, field, len(present)))
    return present


def _missing_sentence(history: PriceSeries, field: Field, count: int) -> str:
    ticker, source = history.ticker, "its price source"
    if field != "volume":
        has = f"{ticker} has {count} daily {field}s in {source}" if count else f"{ticker} has no {field}s in {source}"
        return f"{has}, and a forecast needs at least {MIN_ROWS}. {OTHER_FIELD}"
    if count:
        return (
            f"{ticker} was traded on {count} days in {source}, and a forecast of volume needs at least {MIN_ROWS}. "
            f"{OTHER_FIELD}"
        )
    return (
        f"{ticker} has no volumes in {source}, as is usual for indices and currencies. "
        "Choose a price, such as the close."
    )
