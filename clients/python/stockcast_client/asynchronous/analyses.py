"""Forecasts, evaluations, pattern searches and batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stockcast_client.asynchronous.transport import AsyncTransport
from stockcast_client.core.batches import Batch, results_of
from stockcast_client.core.calls import content_of, model_of, path_of
from stockcast_client.core.exchange import HttpCall
from stockcast_client.core.questions import (
    BATCH_TIMEOUT_S,
    FORECAST_TIMEOUT_S,
    LONG_TIMEOUT_S,
    as_items,
    as_list,
    as_patterns,
    given,
)
from stockcast_client.core.waiting import OnProgress, Request, new_id, result_of
from stockcast_client.errors import InvalidRequest
from stockcast_client.models.generated import (
    CandleSearch,
    EvaluationModels,
    EvaluationRequest,
    FinishedForecast,
    FinishedReport,
    ForecastChances,
    ForecastRequest,
    PatternRequest,
    ShapeSearch,
    TradingRule,
    TurnaroundSearch,
)
from stockcast_client.results.analyses import Evaluation, Insights, PatternSearch
from stockcast_client.results.batch import ForecastBatch, RequestsBatch
from stockcast_client.results.forecast import Forecast


class AsyncAnalysisCalls(AsyncTransport):
    """Forecasts, evaluations, pattern searches and batches.

    Each call waits for its result. After ``timeout`` seconds, or if it is interrupted, the request is cancelled.
    ``request_id`` is a UUID of your choice: the same id and question are the same request, also in another process.
    ``on_progress`` is called with the :class:`Progress` after each answer without a result.
    """

    async def forecast(
        self,
        ticker: str,
        days: int,
        *,
        level: float | None = None,
        model: str | None = None,
        field: str | None = None,
        history_days: int | None = None,
        picture: bool = True,
        request_id: str | None = None,
        timeout: float = FORECAST_TIMEOUT_S,
        on_progress: OnProgress | None = None,
    ) -> Forecast:
        """Return a forecast of a stock.

        Args:
            ticker: the stock, such as ``AAPL`` or ``VOD.L``.
            days: calendar days ahead, 1 to 10000.
            level: the probability of the interval, 0.5 to 0.99; 0.8 without it.
            model: ``blend``, ``prophet`` or ``last_price``.
            field: ``close``, ``open``, ``high``, ``low`` or ``volume``.
            history_days: how many calendar days of the past are used.
            picture: whether the answer has the chart, which a notebook shows (about 150 kB).
            request_id: see the class.
            timeout: see the class; seconds.
            on_progress: see the class.

        Raises:
            UnknownTicker: no price source has the ticker.
            Problem: the server refused the request, or it failed.
            WaitTimedOut: the forecast did not come in time.
            ServerUnreachable: the server gave no answer.
        """
        body = given(ticker=ticker, days=days, level=level, model=model, field=field, history_days=history_days)
        request = Request("forecasts", body, {"picture": picture}, request_id or new_id(), timeout, on_progress)
        return await self._run(result_of(request, self._patience, Forecast))

    async def forecasts(
        self,
        tickers: Sequence[str],
        days: int,
        *,
        level: float | None = None,
        model: str | None = None,
        field: str | None = None,
        history_days: int | None = None,
        batch_id: str | None = None,
        timeout: float = BATCH_TIMEOUT_S,
        on_progress: OnProgress | None = None,
    ) -> ForecastBatch:
        """Return the forecasts of up to 100 stocks, without charts. Each has its own result or failure."""
        body = given(
            tickers=as_list(tickers), days=days, level=level, model=model, field=field, history_days=history_days
        )
        batch = Batch("/api/v1/forecasts:batch", body, batch_id or new_id(), {}, timeout, on_progress)
        return await self._run(results_of(batch, self._patience, ForecastBatch))

    async def batch(
        self,
        questions: Iterable[ForecastRequest | EvaluationRequest | PatternRequest | Mapping[str, Any]],
        *,
        batch_id: str | None = None,
        timeout: float = LONG_TIMEOUT_S,
        on_progress: OnProgress | None = None,
    ) -> RequestsBatch:
        """Return the results of up to 100 questions of any kinds. Each has its own result or failure.

        A question as a mapping has its ``kind``: ``forecast``, ``evaluation`` or ``patterns``.
        """
        body = {"requests": as_items(questions)}
        batch = Batch("/api/v1/batches", body, batch_id or new_id(), {}, timeout, on_progress)
        return await self._run(results_of(batch, self._patience, RequestsBatch))

    async def chances(
        self, request_id: str, *, above: float | None = None, touch: float | None = None
    ) -> ForecastChances:
        """Return the probability that a forecast gives to a price.

        Args:
            request_id: the id of a finished forecast.
            above: a price; the probability of a close above it on the target date.
            touch: a price; the probability that a close up to the target date reaches it.
        """
        path = path_of("forecasts", request_id, "chances")
        call = HttpCall("GET", path, given(above=above, touch=touch), names_a_thing=True)
        return await self._run(model_of(call, self._patience, ForecastChances))

    async def chart(self, request_id: str, kind: str = "png") -> bytes:
        """Return the chart of a finished forecast as ``png`` or ``svg``."""
        call = HttpCall("GET", path_of("forecasts", request_id, f"plot.{kind}"), names_a_thing=True)
        return await self._run(content_of(call, self._patience))

    async def report(
        self,
        *forecasts: FinishedForecast,
        title: str | None = None,
        kind: str = "pdf",
        timeout: float = FORECAST_TIMEOUT_S,
        on_progress: OnProgress | None = None,
    ) -> bytes:
        """Return a document of up to 50 finished forecasts, as ``pdf`` or ``html``.

        Args:
            forecasts: the forecasts in the order of the document, of this server and at most an hour old.
            title: the title of a document of several forecasts.
            kind: ``pdf`` or ``html``.
            timeout: see the class; seconds.
            on_progress: see the class.
        """
        if not forecasts:
            raise InvalidRequest("A report needs at least one finished forecast.", code="invalid_request")
        path = path_of("forecasts", forecasts[0].request_id, f"report.{kind}")
        if len(forecasts) > 1:
            body = given(ticker=forecasts[0].ticker, forecasts=[each.request_id for each in forecasts], title=title)
            request = Request("reports", body, {}, new_id(), timeout, on_progress)
            made = await self._run(result_of(request, self._patience, FinishedReport))
            path = path_of("reports", made.request_id, f"report.{kind}")
        return await self._run(content_of(HttpCall("GET", path, names_a_thing=True), self._patience))

    async def insights(self, ticker: str) -> Insights:
        """Return what is unusual about a stock now: facts, sentences, and a sentiment with its evidence."""
        call = HttpCall("GET", path_of("insights", ticker), names_a_thing=True)
        return await self._run(model_of(call, self._patience, Insights))

    async def evaluate(
        self,
        ticker: str,
        *,
        days: int | None = None,
        models: Sequence[str] | None = None,
        field: str | None = None,
        origins: int | None = None,
        level: float | None = None,
        others: Sequence[str] | None = None,
        rule: TradingRule | None = None,
        split: float | None = None,
        request_id: str | None = None,
        timeout: float = LONG_TIMEOUT_S,
        on_progress: OnProgress | None = None,
    ) -> Evaluation:
        """Return a comparison of forecasting models on the past of a stock. The API's page explains the arguments."""
        body = given(
            ticker=ticker,
            days=days,
            models=models,
            field=field,
            origins=origins,
            level=level,
            others=others,
            rule=rule.model_dump() if rule else None,
            split=split,
        )
        request = Request("evaluations", body, {}, request_id or new_id(), timeout, on_progress)
        return await self._run(result_of(request, self._patience, Evaluation))

    async def evaluation_models(self) -> EvaluationModels:
        """Return the models that an evaluation can compare."""
        call = HttpCall("GET", path_of("evaluations", "models"))
        return await self._run(model_of(call, self._patience, EvaluationModels))

    async def find_patterns(
        self,
        ticker: str,
        *patterns: str | CandleSearch | TurnaroundSearch | ShapeSearch,
        tickers: Sequence[str] | None = None,
        all_stocks: bool = False,
        request_id: str | None = None,
        timeout: float = LONG_TIMEOUT_S,
        on_progress: OnProgress | None = None,
    ) -> PatternSearch:
        """Return where patterns occur, and what followed them beside what usually follows.

        Args:
            ticker: the stock.
            patterns: one to ten patterns. A text is one of candles, such as ``G G G R`` or ``hammer``.
            tickers: up to 50 other stocks in which to search too.
            all_stocks: whether to search in all stored stocks.
            request_id: see the class.
            timeout: see the class; seconds.
            on_progress: see the class.
        """
        body = given(ticker=ticker, patterns=as_patterns(patterns), tickers=tickers, all=all_stocks or None)
        request = Request("patterns", body, {}, request_id or new_id(), timeout, on_progress)
        return await self._run(result_of(request, self._patience, PatternSearch))
