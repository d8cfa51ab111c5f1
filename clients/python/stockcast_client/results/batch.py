"""The ended batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockcast_client.models.generated import BatchResults, RequestBatchResults
from stockcast_client.results.analyses import Evaluation, PatternSearch
from stockcast_client.results.forecast import Forecast
from stockcast_client.results.frames import frame_of

if TYPE_CHECKING:
    import pandas as pd

_KINDS: dict[str, type[Forecast | Evaluation | PatternSearch]] = {
    "forecast": Forecast,
    "evaluation": Evaluation,
    "patterns": PatternSearch,
}


class ForecastBatch(BatchResults):
    """The forecasts of many tickers. Each entry has a result, or a code and a sentence."""

    @property
    def finished(self) -> dict[str, Forecast]:
        """The finished forecasts by ticker."""
        ended = [each for each in self.forecasts or () if each.result is not None]
        return {each.ticker: Forecast.model_validate(_with_id(each)) for each in ended}

    @property
    def failed(self) -> dict[str, str]:
        """The sentences of the others by ticker."""
        return {each.ticker: each.detail or each.status for each in self.forecasts or () if each.result is None}

    def to_frame(self) -> pd.DataFrame:
        """Return the forecasts: a row a ticker, with the target date, the median price and the interval.

        ``detail`` is the sentence of a ticker without a forecast. The index is the ticker.
        """
        return frame_of(map(_row, self.forecasts or ()), index="ticker", dates=["as_of", "target_date"])


class RequestsBatch(RequestBatchResults):
    """The results of requests of any kinds, in the order of the questions."""

    @property
    def results(self) -> list[Forecast | Evaluation | PatternSearch | dict[str, Any] | None]:
        """The result of each question. It is None where the request failed: its entry has a code and a sentence."""
        return [_result(each) for each in self.requests or ()]


def _row(entry: Any) -> dict[str, Any]:
    result = entry.result or {}
    interval = result.get("interval") or {}
    return {
        "ticker": entry.ticker,
        "status": entry.status,
        **{name: result.get(name) for name in ("as_of", "last_close", "target_date", "predicted_price", "currency")},
        **{name: interval.get(name) for name in ("level", "lower", "upper")},
        "detail": entry.detail,
    }


def _with_id(entry: Any) -> dict[str, Any]:
    """Return the result of an entry with the id of its request, which a batch has beside the result."""
    return {"request_id": entry.request_id, **entry.result}


def _result(entry: Any) -> Forecast | Evaluation | PatternSearch | dict[str, Any] | None:
    if entry.result is None:
        return None
    model = _KINDS.get(entry.kind or "forecast")
    return _with_id(entry) if model is None else model.model_validate(_with_id(entry))
