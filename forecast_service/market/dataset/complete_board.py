"""A complete board that a run finds: its stocks, and whether it has the horizons that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa

from forecast_service.market.dataset.schema import HORIZONS_KEY, from_parquet
from forecast_service.market.exit_statuses import RunRefused


def read_tickers(body: bytes, day: date, horizons: Sequence[int]) -> set[str]:
    """Return the tickers of a board.

    Args:
        body: the board's Parquet file.
        day: its date.
        horizons: the trading days ahead that were asked for, ascending.

    Raises:
        RunRefused: the board has other horizons or cannot be read.
    """
    try:
        table = from_parquet(body, ["ticker"])
        metadata = (table.schema.metadata or {})[HORIZONS_KEY.encode()].decode()
        found = [int(horizon) for horizon in metadata.split(",")]
        tickers = set(table["ticker"].to_pylist())
    except (pa.ArrowException, OSError, LookupError, ValueError) as exc:
        raise RunRefused(f"The board of {day} is damaged, or of another release. --anew makes it again.") from exc
    if found != list(horizons):
        raise RunRefused(
            f"The dataset of {day} has the horizons {_join(found)}, not {_join(horizons)}. "
            "--anew makes it again with others."
        )
    return tickers


def _join(horizons: Sequence[int]) -> str:
    return ", ".join(map(str, horizons))
