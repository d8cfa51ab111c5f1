"""A board in memory: columns of plain values, and what is true of all rows."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import isnan
from typing import Any, Literal, TypeAlias

from webserver.http.cooperative_work import in_pieces

Kind = Literal["number", "integer", "boolean", "date", "text"]
Value: TypeAlias = float | int | bool | str | None
SCHEMA = "1"
"""The first number of the schema's version that this release reads."""
_OF_STOCK: Mapping[str, Kind] = {
    **dict.fromkeys(("code", "detail", "source", "currency", "prices_version"), "text"),
    "rows": "integer",
    "as_of": "date",
    "stale": "boolean",
    **dict.fromkeys(("last_close", "change_pct", "usual_move_pct", "usual_moves"), "number"),
    **dict.fromkeys(("day_range_lower", "day_range_upper"), "number"),
    "day_range_broken": "text",
    **dict.fromkeys(("volatility_pct", "volatility_percentile"), "number"),
    "record_forecasts": "integer",
    "record_coverage_80": "number",
}
_OF_HORIZON: Mapping[str, Kind] = {
    "target": "date",
    **dict.fromkeys(("price", "lower", "upper", "range_pct", "chance_up"), "number"),
    **dict.fromkeys(("chance_gain_10", "chance_loss_10", "value_at_risk_95_pct"), "number"),
    **dict.fromkeys(("drawdown_median_pct", "drawdown_95_pct", "prophet_weight"), "number"),
    "tests": "integer",
    **dict.fromkeys(("mae_pct", "crps_pct", "crps_ratio", "coverage_80"), "number"),
}
"""The columns of the schema. A board of a newer or older release may lack some; they are null then."""


class UnknownSchema(Exception):
    """The board has a schema that this release cannot read."""


@dataclass(frozen=True)
class Column:
    """A column: its kind and one value a row. In an array of numbers, NaN is null; a date is its ISO text."""

    kind: Kind
    values: Sequence[Any]

    def value(self, row: int) -> Value:
        """Return the value of a row as JSON has it."""
        return self.values_of((row,))[0]

    def values_of(self, rows: Sequence[int]) -> list[Value]:
        """Return the values of some rows as JSON has them."""
        found = map(self.values.__getitem__, rows)
        if self.kind == "number":
            return [None if isnan(value) else value for value in found]
        if self.kind == "integer":
            return [None if isnan(value) else int(value) for value in found]
        return list(found)


@dataclass(frozen=True)
class Board:
    """The board of a date. The rows are sorted by ticker.

    Args:
        day: the date of the dataset.
        version: the version of the object in S3.
        engine: the engine that made it.
        horizons: trading days ahead, ascending.
        columns: the columns by name.
    """

    day: date
    version: str
    engine: str
    horizons: tuple[int, ...]
    columns: Mapping[str, Column]

    @cached_property
    def rows(self) -> range:
        """The numbers of all rows."""
        return range(len(self.columns["ticker"].values))

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The sources of the prices, sorted."""
        return tuple(sorted({source for source in self.columns["source"].values if source}))

    @cached_property
    def recorded(self) -> int:
        """The number of stocks with a track record."""
        records = self.columns["record_forecasts"]
        return sum(count is not None for count in records.values_of(self.rows))

    @cached_property
    def texts_version(self) -> str:
        """A hash of the names and sectors, which come from this release and not from the dataset."""
        texts = [self.columns[name].values for name in ("name", "sector") if name in self.columns]
        return hashlib.sha256(repr(texts).encode()).hexdigest()[:16]

    @cached_property
    def as_of(self) -> str | None:
        """The newest day of most rows: one coin with a close on Sunday does not date a market that closed on Friday.

        Rows without a forecast and old ones count if there are no others, and of equally frequent days the newer one.
        """
        days = self.columns["as_of"].values
        counts = Counter(days[row] for row in self.current or self.rows if days[row])
        return max(counts, key=lambda day: (counts[day], day), default=None)

    @cached_property
    def current(self) -> tuple[int, ...]:
        """The rows with a forecast from fresh prices; all with a forecast if no prices are fresh, as in the sample."""
        codes, stale = self.columns["code"].values, self.columns["stale"].values
        forecast = tuple(row for row in self.rows if codes[row] is None)
        return tuple(row for row in forecast if stale[row] is False) or forecast


Known = Callable[[str], str | None]


def parse_board(lines: Iterable[bytes], day: date, version: str, known: Mapping[str, Known]) -> Board:
    """Return the board of the lines that describe its file, in pieces that leave time for other requests.

    Args:
        lines: those of :mod:`webserver.market.board.parquet_columns`.
        day: the date of the dataset.
        version: the version of the object in S3.
        known: functions that return a text about a ticker, such as its name, by the name of their column.

    Raises:
        UnknownSchema: the board has another schema.
    """
    described = iter(lines)
    metadata = json.loads(next(described, b"{}"))["metadata"]
    schema = metadata.get("stockcast.schema", "")
    if schema.partition(".")[0] != SCHEMA:
        raise UnknownSchema(schema or "no version")
    columns = dict(_column(json.loads(line)) for line in in_pieces(described))
    if "ticker" not in columns or None in columns["ticker"].values:
        raise UnknownSchema("no column of tickers")
    tickers = columns.pop("ticker")
    horizons = _horizons(metadata.get("stockcast.horizons", ""))
    added = {name: Column("text", [look_up(one) for one in tickers.values]) for name, look_up in known.items()}
    nulls = {kind: _nulls(kind, len(tickers.values)) for kind in ("text", "number", "integer", "boolean", "date")}
    missing = {name: nulls[kind] for name, kind in _schema(horizons).items() if name not in columns}
    return Board(
        day=day,
        version=version,
        engine=metadata.get("stockcast.engine", ""),
        horizons=horizons,
        columns={"ticker": tickers, **added, **columns, **missing},
    )


def _horizons(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(one) for one in text.split(",") if one.isdecimal()))


def _schema(horizons: Sequence[int]) -> dict[str, Kind]:
    of_horizons = {f"{name}_{days}d": kind for days in horizons for name, kind in _OF_HORIZON.items()}
    return {**_OF_STOCK, **of_horizons}


def _nulls(kind: Kind, rows: int) -> Column:
    is_number = kind in {"number", "integer"}
    return Column(kind, array("d", [float("nan")]) * rows if is_number else [None] * rows)


def _column(described: Mapping[str, Any]) -> tuple[str, Column]:
    kind, values = described["kind"], described["values"]
    if kind in {"number", "integer"}:
        return described["name"], Column(kind, array("d", (_number(value) for value in values)))
    return described["name"], Column(kind, _shared(values))


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _shared(values: Iterable[Value]) -> list[Value]:
    """Return the values, equal texts as one object: most are repeated thousands of times."""
    seen: dict[Value, Value] = {}
    return [value if isinstance(value, bool) else seen.setdefault(value, value) for value in values]
