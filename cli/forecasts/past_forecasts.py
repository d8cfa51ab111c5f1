"""The line on the earlier forecasts of a stock, read from the track record of a running stack."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from pydantic import BaseModel, ValidationError

from cli.client.connection import request_headers
from common.domain.results import Forecast

_TIMEOUT_S = 2.0
"""The line is an addition: an answer is printed without it rather than late."""
_LEVEL = 0.8
ReadLine = Callable[[Forecast], str]


class _Coverage(BaseModel):
    level: float
    inside: int
    fraction: float | None


class _Horizon(BaseModel):
    words: str


class _Record(BaseModel):
    scored: int
    coverage: list[_Coverage]
    horizon: _Horizon


def record_line(port: int, token: str | None = None) -> ReadLine:
    """Return a function that reads the line of a forecast's stock and similar horizons from the stack on ``port``.

    The line is empty where no forecast came due, where the record cannot be read, and for a forecast of another field
    or from another past, which the record does not have.
    """
    headers = request_headers(token)

    def read(forecast: Forecast) -> str:
        if not forecast.is_standard:
            return ""
        query: dict[str, str | int] = {"ticker": forecast.ticker, "horizon": forecast.days}
        address = f"http://127.0.0.1:{port}/api/v1/track-record"
        try:
            # trust_env=False: a proxy cannot reach the loopback address.
            with httpx.Client(timeout=_TIMEOUT_S, trust_env=False, headers=headers) as client:
                response = client.get(address, params=query)
            record = _Record.model_validate_json(response.content) if response.is_success else None
        except (httpx.HTTPError, ValidationError):
            return ""
        return _words(forecast.ticker, record) if record else ""

    return read


def _words(ticker: str, record: _Record) -> str:
    band = next((one for one in record.coverage if one.level == _LEVEL), None)
    if record.scored == 0 or band is None:
        return ""
    noun = "forecast" if record.scored == 1 else "forecasts"
    share = "" if band.fraction is None else f" ({band.fraction * 100:.0f} %)"
    due = f"{record.scored} {noun} of {ticker} {record.horizon.words} that came due"
    return f"Of {due}, the 80 % range held {band.inside}{share}."
