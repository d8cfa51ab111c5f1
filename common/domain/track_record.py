"""A finished forecast as the track record keeps it: written once, and never changed."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from common.domain.questions import Days, Ticker
from common.domain.results import QUANTILE_LEVELS, Distribution, Forecast
from common.domain.source_names import DISPLAY_NAMES

Kind = Literal["live", "sample", "uploaded", "stale", "replay", "replay_sample"]
"""Forecasts of different kinds are never counted together. Those of a replay form a ledger of their own."""
REPLAYS: tuple[Kind, ...] = ("replay", "replay_sample")
"""The kinds of the replay: from the prices of a source, and from the bundled sample."""
LEVELS = tuple(sorted({*(percent / 100 for percent in range(1, 100)), *QUANTILE_LEVELS}))
"""The probabilities of a kept distribution: the percentiles, and the bounds of a 95 % interval."""
LEAST_SCORED = 20
"""Of fewer scored forecasts, no percentage and no mean is shown: it would mean little."""
_SAMPLE = "sample"
_Name = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[!-~]+$")]
_Price = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Chance = Annotated[float, Field(ge=0, le=1)]


class LedgerEntry(BaseModel):
    """A finished forecast of the track record.

    The level of the interval is not kept: the distribution does not depend on it, so the same forecast at two levels is
    one entry. Neither is the time of the computation: an equal forecast that is computed again is the same entry.
    ``quantiles`` are the closes on the target day at the probabilities :data:`LEVELS`. Prices are adjusted for the
    splits up to ``as_of``. The forecast of the last price is ``last_close``, with the same spread.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    ticker: Ticker
    days: Days
    model: _Name
    engine: _Name
    source: _Name
    prices_version: Annotated[str, StringConstraints(max_length=80)]
    currency: _Name
    as_of: date
    last_close: _Price
    counted_from: date
    target_date: date
    trading_days: Annotated[int, Field(ge=1)]
    quantiles: Annotated[list[_Price], Field(min_length=len(LEVELS), max_length=len(LEVELS))]
    chance_up: _Chance
    chance_gain_over_10_pct: _Chance
    chance_loss_over_10_pct: _Chance

    @property
    def median(self) -> float:
        """The predicted price."""
        return self.quantiles[LEVELS.index(0.5)]

    def encode(self) -> bytes:
        """Return the entry as JSON, the same bytes for equal entries."""
        return json.dumps(self.model_dump(mode="json"), separators=(",", ":"), sort_keys=True).encode()


def content_hash(content: bytes) -> str:
    """Return the hash by which an entry is unique, of the bytes of :meth:`LedgerEntry.encode`."""
    return hashlib.sha256(content).hexdigest()


def ledger_entry(forecast: Forecast) -> LedgerEntry:
    """Return the entry of a finished forecast.

    Raises:
        ValueError: the forecast lacks a part of the entry, as that of an earlier version does, or is of another field
            or another past than those of the record.
    """
    if not forecast.is_standard:
        raise ValueError("the forecast is not of the close from the usual past")
    if forecast.distribution is None or forecast.chances is None:
        raise ValueError("the forecast has no distribution")
    return LedgerEntry(
        kind=kind_of(forecast.data.source, is_stale=forecast.data.stale),
        ticker=forecast.ticker,
        days=forecast.days,
        model=forecast.model.name,
        engine=forecast.model.version,
        source=forecast.data.source,
        prices_version=forecast.data.version,
        currency=forecast.currency,
        as_of=forecast.as_of,
        last_close=forecast.last_close,
        counted_from=forecast.counted_from,
        target_date=forecast.target_date,
        trading_days=len(forecast.forecast),
        quantiles=_quantiles(forecast.distribution, forecast.forecast[-1].quantiles),
        chance_up=forecast.chances.above_last_close,
        chance_gain_over_10_pct=forecast.chances.gain_over_10_pct,
        chance_loss_over_10_pct=forecast.chances.loss_over_10_pct,
    )


def kind_of(source: str, *, is_stale: bool) -> Kind:
    """Return the kind of a forecast from prices of ``source``. A source that is no provider is an uploaded series."""
    if source == _SAMPLE:
        return "sample"
    if source not in DISPLAY_NAMES:
        return "uploaded"
    return "stale" if is_stale else "live"


def _quantiles(distribution: Distribution, named: list[float]) -> list[float]:
    percentiles = {percent / 100: price for percent, price in enumerate(distribution.end, start=1)}
    prices = percentiles | dict(zip(QUANTILE_LEVELS, named, strict=True))
    return [prices[level] for level in LEVELS]
