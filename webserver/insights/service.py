"""Insights of stored stocks, cached until the prices or the record of their forecasts change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from common.domain.companies.reports import ExpectedReport
from common.domain.errors import ImplausiblePrices, StoreUnavailable, TooLittleData
from common.domain.markets.dates import exchange_day, is_stale
from common.domain.source_names import UPLOAD, display_name
from common.domain.track_record import kind_of
from common.insights.values import LEAST_ROWS, MOST_YEARS
from common.s3.objects import StoredBody, StoredFacts
from common.sql.repositories.ledger.due_forecasts import DueRow, list_due_forecasts
from common.sql.store import SqlStore
from webserver.http.byte_cache import ByteCache
from webserver.http.cooperative_work import costly_turn, in_pieces, in_thread
from webserver.insights.expected_reports import ExpectedReports
from webserver.insights.language_model.writer import LanguageModel
from webserver.insights.models import TEMPLATES, StockInsights
from webserver.insights.wording import with_model_text
from webserver.stocks.price_reader import PriceReader
from webserver.stocks.price_tables import PriceTable, damaged

if TYPE_CHECKING:
    from common.insights.insights import Insights

MOST_DUE = 100
"""The latest due forecasts whose share inside the range is told."""
MOST_CACHED_BYTES = 4_000_000
"""About four hundred stocks."""
_COLUMNS = ("open", "close", "adj_close", "volume")


@dataclass(frozen=True)
class _Beside:
    """What is known beside the prices: the latest due forecasts, if they can be read, and the next report."""

    due: tuple[DueRow, ...] | None
    report: ExpectedReport | None


class InsightService:
    """Finds the insights of stored stocks.

    Args:
        prices: reads stored prices.
        store: the SQL store with the track record.
        now: the clock that decides whether prices are stale.
        reports: estimates the next report of a company.
        model: words the facts, if it is on.
    """

    def __init__(
        self,
        prices: PriceReader,
        store: SqlStore,
        now: Callable[[], datetime],
        reports: ExpectedReports,
        model: LanguageModel,
    ) -> None:
        self._prices = prices
        self._store = store
        self._now = now
        self._reports = reports
        self._model = model
        self._bodies: ByteCache[str] = ByteCache(MOST_CACHED_BYTES, len)

    def read(self, ticker: str) -> str:
        """Return the JSON of a stock's insights, in the words of the language model where they are ready.

        Raises: as :meth:`read_templates`.
        """
        return with_model_text(self.read_templates(ticker), self._model)

    def read_templates(self, ticker: str) -> str:
        """Return the JSON of a stock's insights with the sentences of the templates.

        Raises:
            NotFound: no prices are stored.
            TooLittleData: there are too few prices.
            ImplausiblePrices: some are zero or less.
            Busy: the prices cannot be read, or are damaged.
        """
        facts = self._prices.read_facts(ticker)
        stale = is_stale(facts.last, exchange_day(self._now(), ticker))
        # A report after an old close has come long ago. Uploaded prices may be of another company.
        report = None if stale or facts.source == UPLOAD else self._reports.read(ticker, facts.last)
        beside = _Beside(self._due(ticker, facts.source), report)
        key = (ticker, facts.revision, facts.splits, stale, beside)
        cached = self._bodies.cached(key)
        if cached is not None:
            return cached
        with self._prices.reading(ticker, "1d") as stored:
            key = (ticker, stored.facts.revision, stored.facts.splits, stale, beside)
            with costly_turn():
                return self._bodies.get(key, lambda: _body(ticker, stored, beside, is_old=stale).model_dump_json())

    def _due(self, ticker: str, source: str) -> tuple[DueRow, ...] | None:
        """Return the latest due forecasts; None while the track record cannot be read."""
        kind = kind_of(source, is_stale=False)
        try:
            return tuple(self._store.read(partial(list_due_forecasts, ticker=ticker, kind=kind, most=MOST_DUE)))
        except StoreUnavailable:
            return None


def _body(ticker: str, stored: StoredBody, beside: _Beside, *, is_old: bool) -> StockInsights:
    facts = stored.facts
    days, columns = _columns(stored)
    if len(days) < LEAST_ROWS:
        count = "one price" if len(days) == 1 else f"{len(days)} prices"
        raise TooLittleData(f"{ticker} has {count}. At least {LEAST_ROWS} are needed for insights.")
    # The arrays hold the interpreter for milliseconds: in a thread, other requests take turns with them.
    found = in_thread(partial(_find, ticker, facts, days, columns, beside))
    return StockInsights(
        ticker=ticker,
        source=facts.source,
        source_name=display_name(facts.source),
        currency=facts.currency,
        as_of=days[-1],
        rows=len(days),
        stale=is_old,
        sample=kind_of(facts.source, is_stale=False) == "sample",
        prices_version=facts.revision,
        written_by=TEMPLATES,
        sentences=list(found.sentences),
        facts=list(found.facts),
        left_out=list(found.left_out),
        sentiment=found.sentiment,
    )


def _columns(stored: StoredBody) -> tuple[list[date], dict[str, list[float]]]:
    """Return the days and the columns of the last years; an empty cell is NaN."""
    table = PriceTable.from_csv(stored.body, start=_years_before(stored.facts.last))
    names = table.header.decode().split(",")
    if "close" not in names:
        raise damaged()
    wanted = {name: names.index(name) for name in _COLUMNS if name in names}
    cells = [row.split(b",") for row in in_pieces(table.rows)]
    days = [date.fromisoformat(row[0].decode()) for row in cells]
    return days, {name: _numbers(row[at] for row in in_pieces(cells)) for name, at in wanted.items()}


def _numbers(cells: Iterable[bytes]) -> list[float]:
    return [float(cell) if cell else float("nan") for cell in cells]


def _years_before(last: date) -> date:
    """Return the first day of the last years; the day after, where there is no such day."""
    try:
        return last.replace(year=last.year - MOST_YEARS) + timedelta(days=1)
    except ValueError:  # 29 February
        return date(last.year - MOST_YEARS, 3, 1)


def _find(
    ticker: str,
    facts: StoredFacts,
    days: Sequence[date],
    columns: dict[str, list[float]],
    beside: _Beside,
) -> Insights:
    """Return the insights; numpy is loaded at the first use, in the thread."""
    from common.insights.events import report_facts, split_facts  # noqa: PLC0415
    from common.insights.history import History, UnusableHistory  # noqa: PLC0415
    from common.insights.insights import find_insights  # noqa: PLC0415
    from common.insights.past_forecasts import DueForecast  # noqa: PLC0415

    try:
        history = History.from_columns(ticker, facts.source, facts.currency, days, columns)
    except UnusableHistory as exc:
        raise ImplausiblePrices(f"{ticker} has prices of 0 or less, so that nothing can be compared.") from exc
    known = (
        None
        if beside.due is None
        else [DueForecast(row.target_date, row.days, row.pit, row.inside_80, row.inside_95) for row in beside.due]
    )
    events = [*split_facts(facts.splits, days[-1], facts.source), *report_facts(beside.report, days[-1])]
    return find_insights(history, known, events)
