"""The call of a pattern search: read each stock's prices once, find the patterns, compare what followed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from common.domain.errors import BadData, Failure, UnknownTicker, UnusableWindow, make_failure
from common.domain.patterns.questions import CandleSearch, PatternQuestion, TurnaroundSearch, name_item
from common.domain.patterns.results import (
    HORIZONS,
    LEVELS,
    MOST_HITS,
    MOST_NAMED,
    PatternFound,
    PatternSearchResult,
    Searched,
    UnreadStock,
)
from common.domain.progress import WorkProgress
from common.s3.price_store import StoredSeries
from forecast_service.calls.output import CallOutput, PricesGone
from forecast_service.calls.task import Task
from forecast_service.patterns.outcomes.comparison import compare_all, summarise
from forecast_service.patterns.searches import PatternFinder, candle_finders, turnaround_finder
from forecast_service.patterns.shape_search import ShapeFinder, locate, shape_finder
from forecast_service.patterns.stocks import Stock, require_days_and_prices, require_searchable
from forecast_service.patterns.tallies import Tally

CAVEATS = [
    "Only stored stocks are searched. Stocks that left the market are rarely among them, so that what followed may "
    "look better than it was.",
    "Prices are closes adjusted for splits. Dividends and costs of trading are not counted.",
]


def compute(task: Task[PatternQuestion]) -> CallOutput:
    """Search the stocks of the question.

    Raises:
        PricesGone: the stored prices of the question's ticker are missing or damaged.
        Failure: the search cannot be carried out.
    """
    started = time.perf_counter()
    own = task.prices(task.question.ticker)
    finders = _finders(task.question, own)
    most = MOST_HITS // len(finders)
    tallies = [Tally(most) for _ in finders]
    searched = _Searched()
    for stock in _read_stocks(task, own, searched):
        for finder, tally in zip(finders, tallies, strict=True):
            tally.add(stock, finder.find(stock))
    for finder, tally in zip(finders, tallies, strict=True):
        if isinstance(finder, ShapeFinder):
            _add_nearest(task, finder, tally)
    read = time.perf_counter()
    result = _result(task, finders, tallies, searched.summarise())
    total = time.perf_counter()
    timings_ms = {"search": round(1000 * (read - started), 1), "total": round(1000 * (total - started), 1)}
    return task.output(result.model_copy(update={"timings_ms": timings_ms}), own, timings_ms)


def _finders(question: PatternQuestion, own: StoredSeries) -> list[PatternFinder | ShapeFinder]:
    stock = Stock(own.series.ticker, own.series.frame)
    finders: list[PatternFinder | ShapeFinder] = []
    for item, search in enumerate(question.patterns):
        if isinstance(search, CandleSearch):
            finders += candle_finders(item, search)
        elif isinstance(search, TurnaroundSearch):
            finders.append(turnaround_finder(item, search))
        else:
            if search.numbers is None:
                require_days_and_prices(own.series)
            try:
                finders.append(shape_finder(item, search, stock))
            except UnusableWindow as failure:
                raise UnusableWindow(name_item(item, failure.detail)) from failure
    return finders


def _add_nearest(task: Task[PatternQuestion], finder: ShapeFinder, tally: Tally) -> None:
    """Add the nearest windows of a shape, which are known once all stocks were searched; read their stocks again.

    A stock that was removed meanwhile has no hits.
    """
    for ticker, windows in finder.choose().items():
        with suppress(PricesGone):
            stock = Stock(ticker, task.prices(ticker).series.frame)
            tally.add(stock, locate(stock, windows))


@dataclass
class _Searched:
    """The count of the stocks that were searched, and of those that were not."""

    stocks: int = 0
    prices: int = 0
    first: date = date.max
    last: date = date.min
    not_searched: int = 0
    unread: list[UnreadStock] = field(default_factory=list)

    def count(self, stored: StoredSeries) -> None:
        """Count a stock that is searched."""
        self.stocks += 1
        self.prices += len(stored.series)
        self.first = min(self.first, stored.series.first)
        self.last = max(self.last, stored.series.last)

    def leave_out(self, ticker: str, failure: Failure) -> None:
        """Count a stock that is not searched, and name it if it is among the first."""
        self.not_searched += 1
        if len(self.unread) < MOST_NAMED:
            self.unread.append(UnreadStock(ticker=ticker, code=failure.code, detail=failure.detail))

    def summarise(self) -> Searched:
        """Return the counts.

        Raises:
            Failure: no stock was searched; the failure is that of the first one.
        """
        if self.stocks == 0:
            first = self.unread[0]
            others = f"None of the {self.not_searched} stocks can be searched. " if self.not_searched > 1 else ""
            raise make_failure(first.code, others + first.detail)
        return Searched(**vars(self))


def _read_stocks(task: Task[PatternQuestion], own: StoredSeries, searched: _Searched) -> Iterator[Stock]:
    """Yield the stocks of the question one at a time; a stock that cannot be read is counted and left out."""
    tickers = _list_tickers(task)
    for place, ticker in enumerate(tickers):
        task.report(WorkProgress(place / len(tickers), f"{ticker}, stock {place + 1} of {len(tickers)}"))
        try:
            stored = own if ticker == task.question.ticker else task.prices(ticker)
            require_searchable(stored.series)
        except PricesGone:
            searched.leave_out(ticker, UnknownTicker(f"No readable prices of {ticker} are stored. Request them first."))
        except BadData as failure:
            searched.leave_out(ticker, failure)
        else:
            searched.count(stored)
            yield Stock(ticker, stored.series.frame)


def _list_tickers(task: Task[PatternQuestion]) -> list[str]:
    question = task.question
    others = task.tickers() if question.all else question.tickers
    return list(dict.fromkeys((question.ticker, *others)))


def _result(
    task: Task[PatternQuestion], finders: list[PatternFinder | ShapeFinder], tallies: list[Tally], searched: Searched
) -> PatternSearchResult:
    followed, tests = compare_all([tally.outcomes for tally in tallies])
    patterns = [
        PatternFound(
            item=finder.item,
            name=finder.name,
            sign=finder.sign,
            shape=finder.drawing,
            total=tally.total,
            dates=tally.dates,
            stocks=tally.stocks,
            summary=summarise(tally.total, tally.stocks, tally.dates, compared),
            followed=compared,
            hits=tally.hits,
        )
        for finder, tally, compared in zip(finders, tallies, followed, strict=True)
    ]
    return PatternSearchResult(
        ticker=task.question.ticker,
        day=task.today,
        searched=searched,
        horizons=list(HORIZONS),
        levels=list(LEVELS),
        tests=tests,
        patterns=patterns,
        caveats=CAVEATS,
        timings_ms={},
    )
