"""``python -m ingestion_service.refresh``: refreshes stored prices, as from cron.

Concurrent runs are safe: a ticker is refreshed under its lock in Redis, and prices that were fetched minutes ago are
not fetched again. The exit status is 0 if everything is up to date, 1 after a failed or incomplete refresh, 2 after
wrong usage, and 130 after Ctrl-C; the summary then has the tickers up to the interruption.
"""

from __future__ import annotations

import argparse
import logging
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Literal, get_args

from tqdm import tqdm

from common.domain.errors import Busy, CompanyFactsOff, Failure, InvalidTicker, NoCompanyFacts, SourceConflict
from common.domain.questions import Interval, normalise_ticker
from common.domain.refresh_run import RefreshRun
from common.domain.source_names import UPLOAD
from common.runtime.settings_loading import load_settings
from common.runtime.tracing.spans import within_span
from common.s3.objects import StoredFacts
from ingestion_service.composition import Ingestion, compose
from ingestion_service.prices.commands import PriceCommands
from ingestion_service.prices.renewal import RefreshResult
from ingestion_service.providers.access.concurrency_limit import TICKERS_PER_CALL
from ingestion_service.providers.sample_names import SAMPLE
from ingestion_service.refresh.large_stocks import list_top50
from ingestion_service.refresh.missing_sample import find_missing_sample
from ingestion_service.settings import IngestionSettings

CALLS_AT_ONCE = 2
"""The most concurrent calls of one provider: providers reject bursts."""
TICKERS_AT_ONCE = TICKERS_PER_CALL * CALLS_AT_ONCE
TICKER_S = 60.0
INTERRUPTED = 130
"""The exit status of a command that Ctrl-C ended, by the shells' convention."""
MOST_ROWS = 100
"""The most tickers that are listed; failures are always printed."""


@dataclass(frozen=True)
class RefreshOutcome:
    """The outcome for one ticker, which is one line of output."""

    ticker: str
    result: Literal["new", "updated", "unchanged", "fresh", "partial", "failed"]
    note: str

    @property
    def failed(self) -> bool:
        """Whether the refresh failed."""
        return self.result == "failed"

    @property
    def is_incomplete(self) -> bool:
        """Whether prices are missing."""
        return self.result in {"failed", "partial"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Refresh the tickers in the arguments; return the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)  # the table has the failures of providers
    settings = load_settings(IngestionSettings)
    if options.sample:
        if SAMPLE not in settings.provider_order:
            print("The sample is no source of this installation.")
            return 0
        settings = settings.model_copy(update={"providers": (SAMPLE,)})
    stop = threading.Event()
    ingestion = compose(settings, calls_at_once=CALLS_AT_ONCE, pause=stop.wait)
    began = time.monotonic()
    outcomes: list[RefreshOutcome] = []
    status = 0
    try:
        ingestion.redis_readiness.check()
        ingestion.store.ping()
        tickers = _select_tickers(options, ingestion)
        done = refresh_all(tickers, make_refresher(ingestion, options.interval), stop)
        for outcome in show_progress(done, len(tickers)):
            outcomes.append(outcome)  # noqa: PERF402 - the outcomes so far are kept after Ctrl-C
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        status = INTERRUPTED
    short = sorted((outcome for outcome in outcomes if outcome.is_incomplete), key=lambda outcome: outcome.ticker)
    for outcome in short:
        print(f"error: {outcome.ticker}: {outcome.note}", file=sys.stderr)
    print(format_summary(outcomes, time.monotonic() - began))
    if not status and (options.tracked or options.top50):
        _note_run(ingestion, options.interval, len(outcomes), len(short))
    return status or int(bool(short))


def _note_run(ingestion: Ingestion, interval: Interval, tickers: int, failed: int) -> None:
    """Record the end of a run over many stocks, which the web server shows as metrics."""
    stores = ingestion.stores
    try:
        stores.refresh_runs.note(interval, RefreshRun(tickers=tickers, failed=failed, ended=stores.clock.now()))
    except Busy as failure:
        print(f"error: The end of the run could not be recorded. {failure}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ingestion_service.refresh", description="Bring stored prices up to date."
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("tickers", nargs="*", default=[], type=_ticker, metavar="TICKER", help="such as AAPL BRK-B")
    which.add_argument("--tracked", action="store_true", help="every ticker that is stored")
    which.add_argument("--sample", action="store_true", help="the bundled sample, if nothing else is stored")
    which.add_argument("--top50", action="store_true", help="fifty large American stocks")
    parser.add_argument(
        "--interval", choices=get_args(Interval), default="1d", help="the time between prices (default: 1d)"
    )
    return parser


def _ticker(text: str) -> str:
    try:
        return normalise_ticker(text)
    except InvalidTicker as exc:
        raise argparse.ArgumentTypeError(exc.detail) from exc


def _select_tickers(options: argparse.Namespace, ingestion: Ingestion) -> list[str]:
    if options.tracked:
        return list(ingestion.store.objects.list_tickers())
    if options.sample:
        return find_missing_sample(ingestion.store.objects)
    return list_top50() if options.top50 else list(dict.fromkeys(options.tickers))


def make_refresher(ingestion: Ingestion, interval: Interval = "1d") -> Callable[[str], RefreshOutcome]:
    """Return a function that refreshes one ticker."""
    commands = PriceCommands(ingestion.stores, ingestion.store, ingestion.prices, ingestion.newest_prices)

    def look_for_newer(ticker: str) -> RefreshResult:
        if interval == "1d":
            return commands.refresh(ticker, TICKER_S)
        return ingestion.intraday.refresh(ticker, interval, TICKER_S)

    def refresh(ticker: str) -> RefreshOutcome:
        try:
            done = look_for_newer(ticker)
        except SourceConflict as failure:
            return RefreshOutcome(ticker, "fresh", failure.detail)
        except Failure as failure:
            return RefreshOutcome(ticker, "failed", f"{failure.detail} ({failure.code})")
        except Exception as exc:  # noqa: BLE001 - one ticker must not stop the others; the text may contain a key
            return RefreshOutcome(ticker, "failed", f"An unforeseen {type(exc).__name__}.")
        outcome = describe_refresh(ticker, done)
        return replace(outcome, note=outcome.note + refresh_company(ingestion, ticker)) if interval == "1d" else outcome

    return refresh


def refresh_company(ingestion: Ingestion, ticker: str) -> str:
    """Make the facts about the company fresh; return a text for its line if that failed. Prices need none."""
    try:
        ingestion.companies.ensure_fresh(ticker, TICKER_S)
    except (CompanyFactsOff, NoCompanyFacts):
        return ""
    except Failure as failure:
        return f"; no newer facts about the company: {failure.detail}"
    except Exception as exc:  # noqa: BLE001 - the prices were refreshed; the text may contain a contact
        return f"; no newer facts about the company: an unforeseen {type(exc).__name__}."
    return ""


def describe_refresh(ticker: str, done: RefreshResult) -> RefreshOutcome:
    """Return the line on a refresh that did not fail."""
    if done.missing:
        return RefreshOutcome(ticker, "partial", f"{done.missing} Stored: {describe_stored(done.facts)}")
    if done.facts.source == UPLOAD:
        return RefreshOutcome(ticker, "fresh", f"uploaded, no source is asked; {describe_stored(done.facts)}")
    if not done.asked:
        fetched_at = f"{done.facts.fetched_at:%H:%M} UTC"
        return RefreshOutcome(
            ticker, "fresh", f"fetched at {fetched_at}, no source was asked again; {describe_stored(done.facts)}"
        )
    if not done.changed:
        return RefreshOutcome(ticker, "unchanged", f"the sources have no other prices; {describe_stored(done.facts)}")
    return RefreshOutcome(ticker, "new" if done.outcome == "created" else "updated", describe_stored(done.facts))


def describe_stored(facts: StoredFacts) -> str:
    """Return a text on the stored prices and the findings of their checks."""
    dropped = [f"{facts.dropped} dropped"] if facts.dropped else []
    return "; ".join([f"{facts.rows} rows to {facts.last} from {facts.source}", *dropped, *facts.flags])


def refresh_all(
    tickers: Iterable[str], refresh: Callable[[str], RefreshOutcome], stop: threading.Event
) -> Iterator[RefreshOutcome]:
    """Refresh the tickers, :data:`TICKERS_AT_ONCE` at a time; yield outcomes in the order of completion.

    At the end, also after Ctrl-C, ``stop`` is set, which ends the waits for a budget.
    """
    with ThreadPoolExecutor(TICKERS_AT_ONCE) as threads:
        try:
            for done in as_completed([threads.submit(within_span(refresh), ticker) for ticker in tickers]):
                yield done.result()
        finally:
            stop.set()
            threads.shutdown(cancel_futures=True)


def show_progress(outcomes: Iterable[RefreshOutcome], total: int) -> Iterator[RefreshOutcome]:
    """Yield the outcomes, with a progress bar on standard error if that is a terminal."""
    with tqdm(total=total, unit="ticker", disable=not sys.stderr.isatty()) as bar:
        for outcome in outcomes:
            bar.set_postfix_str(outcome.ticker, refresh=False)
            bar.update()
            yield outcome


def format_summary(outcomes: Sequence[RefreshOutcome], seconds: float) -> str:
    """Return a line for each ticker that did not fail, in order, and the counts of all outcomes."""
    shown = sorted((done for done in outcomes if not done.failed), key=lambda done: done.ticker)
    lines = [f"{done.ticker:<15} {done.result:<9} {done.note}" for done in shown if len(outcomes) <= MOST_ROWS]
    counts: Counter[str] = Counter(done.result for done in outcomes)
    named = ["updated", "new", "failed", *(result for result in ("partial", "unchanged", "fresh") if counts[result])]
    said = ", ".join(f"{counts[result]} {result}" for result in named)
    tickers = "1 ticker" if len(outcomes) == 1 else f"{len(outcomes)} tickers"
    return "\n".join([*lines, f"{tickers} in {seconds:.1f} s: {said}"])
