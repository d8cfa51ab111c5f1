"""The columns of the dataset's two tables, and their Parquet files. ``docs/operator/market.md`` describes them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from common.domain.prices import COLUMNS, PriceSeries
from common.domain.results import ENGINE

SCHEMA_VERSION = "1"
"""The first number of the version changes when a column is removed or means something else."""
VERSION_KEY = "stockcast.schema"
HORIZONS_KEY = "stockcast.horizons"

_OF_STOCK: dict[str, pa.DataType] = {
    "ticker": pa.string(),
    "code": pa.string(),
    "detail": pa.string(),
    "source": pa.string(),
    "currency": pa.string(),
    "prices_version": pa.string(),
    "rows": pa.int32(),
    "as_of": pa.date32(),
    "stale": pa.bool_(),
    "last_close": pa.float64(),
    "change_pct": pa.float64(),
    "usual_move_pct": pa.float64(),
    "usual_moves": pa.float64(),
    "day_range_lower": pa.float64(),
    "day_range_upper": pa.float64(),
    "day_range_broken": pa.string(),
    "volatility_pct": pa.float64(),
    "volatility_percentile": pa.float64(),
    "record_forecasts": pa.int32(),
    "record_coverage_80": pa.float64(),
}
_OF_HORIZON: dict[str, pa.DataType] = {
    "target": pa.date32(),
    "price": pa.float64(),
    "lower": pa.float64(),
    "upper": pa.float64(),
    "range_pct": pa.float64(),
    "chance_up": pa.float64(),
    "chance_gain_10": pa.float64(),
    "chance_loss_10": pa.float64(),
    "value_at_risk_95_pct": pa.float64(),
    "drawdown_median_pct": pa.float64(),
    "drawdown_95_pct": pa.float64(),
    "prophet_weight": pa.float64(),
    "tests": pa.int32(),
    "mae_pct": pa.float64(),
    "crps_pct": pa.float64(),
    "crps_ratio": pa.float64(),
    "coverage_80": pa.float64(),
}
PANEL_SCHEMA = pa.schema(
    [("ticker", pa.string()), ("date", pa.date32()), *((name, pa.float64()) for name in COLUMNS)],
    metadata={VERSION_KEY: SCHEMA_VERSION},
)


def horizon_column(name: str, horizon: int) -> str:
    """Return the name of a column of one horizon, such as ``price_21d``."""
    return f"{name}_{horizon}d"


def board_schema(horizons: Sequence[int], day: date) -> pa.Schema:
    """Return the schema of the board. A row has a ``code`` and few other values if there is no forecast."""
    columns = [pa.field(name, kind, nullable=name != "ticker") for name, kind in _OF_STOCK.items()]
    columns += [
        pa.field(horizon_column(name, horizon), kind) for horizon in horizons for name, kind in _OF_HORIZON.items()
    ]
    about = {
        VERSION_KEY: SCHEMA_VERSION,
        "stockcast.engine": ENGINE,
        "stockcast.date": day.isoformat(),
        HORIZONS_KEY: ",".join(str(horizon) for horizon in horizons),
    }
    return pa.schema(columns, metadata=about)


def board_table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows of the board as a table; a value that a row lacks is null.

    Raises:
        ValueError: a row has a name that is no column.
    """
    unknown = {name for row in rows for name in row} - set(schema.names)
    if unknown:
        raise ValueError(f"no columns of the board: {sorted(unknown)}")
    return pa.Table.from_pylist(list(rows), schema=schema)


def panel_table(series: Sequence[PriceSeries]) -> pa.Table:
    """Return all daily bars of some stocks, by ticker and date. A price that the source lacks is null."""
    tables = [_bars(one) for one in series]
    return pa.concat_tables(tables) if tables else PANEL_SCHEMA.empty_table()


def _bars(series: PriceSeries) -> pa.Table:
    frame = series.frame
    days = pa.array(frame.index.to_numpy().astype("datetime64[D]"), pa.date32())
    tickers = pa.repeat(pa.scalar(series.ticker, pa.string()), len(frame))
    prices = [pa.array(frame[name].to_numpy(), pa.float64(), from_pandas=True) for name in COLUMNS]
    return pa.Table.from_arrays([tickers, days, *prices], schema=PANEL_SCHEMA)


def to_parquet(table: pa.Table) -> bytes:
    """Return a table as a Parquet file."""
    # Without dictionaries of prices, which seldom repeat, a file is made in two thirds of the time.
    repeating = [field.name for field in table.schema if not pa.types.is_floating(field.type)]
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd", use_dictionary=repeating)
    return file.getvalue()


def from_parquet(body: bytes, columns: list[str] | None = None) -> pa.Table:
    """Return the table of a Parquet file that :func:`to_parquet` made, or some columns of it."""
    # Arrow's threads abort some processes that end soon after: https://github.com/apache/arrow/issues/34314.
    return pq.ParquetFile(pa.BufferReader(body)).read(columns, use_threads=False)
