"""``python -m ingestion_service.refresh``: brings stored prices up to date; what cron calls.

Safe to run twice at once: a ticker is refreshed under its lock in Redis, and what was fetched a moment ago is not
fetched again. The exit status is 0 where all is up to date, 1 where something failed or is incomplete, 2 after wrong
usage, 130 where Ctrl-C ended it: then it tells of what was done until then.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Literal, get_args

from tqdm import tqdm

from common.domain.errors import Failure, InvalidTicker
from common.domain.questions import Interval, normalised_ticker
from common.s3.objects import StoredFacts
from common.service.settings import loaded
from ingestion_service.composition import Ingestion, composed
from ingestion_service.prices.commands import Tracking
from ingestion_service.prices.renewal import Refreshed
from ingestion_service.providers.access.concurrency_limit import AT_WORK
from ingestion_service.refresh.large_stocks import top50
from ingestion_service.settings import IngestionSettings

CALLS_AT_ONCE = 2
"""How often a source is asked at once: sources count calls by the minute, and dislike bursts."""
TICKERS_AT_ONCE = AT_WORK * CALLS_AT_ONCE
TICKER_S = 60.0
INTERRUPTED = 130
"""What shells expect of a command that Ctrl-C ended."""
MOST_ROWS = 100
"""A table of more rows than this is left out; what failed is told all the same."""


@dataclass(frozen=True)
class RefreshOutcome:
    """What came of one ticker: a line of the table, or of an error."""

    ticker: str
    result: Literal["new", "updated", "unchanged", "fresh", "partial", "failed"]
    note: str

    @property
    def failed(self) -> bool:
        """Whether nothing came."""
        return self.result == "failed"

    @property
    def falls_short(self) -> bool:
        """Whether less came than was asked for."""
        return self.result in {"failed", "partial"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Refresh what the arguments name; return the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)  # what a source answered is in the table
    edges = composed(loaded(IngestionSettings), calls_at_once=CALLS_AT_ONCE)
    began = time.monotonic()
    outcomes: list[RefreshOutcome] = []
    status = 0
    try:
        edges.redis_readiness.check()
        edges.store.ping()
        tickers = _wanted(options, edges)
        for outcome in with_progress(refreshed(tickers, refresher(edges, options.interval)), len(tickers)):
            outcomes.append(outcome)  # noqa: PERF402 - what was done stays, where it is interrupted
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        status = INTERRUPTED
    short = sorted((outcome for outcome in outcomes if outcome.falls_short), key=lambda outcome: outcome.ticker)
    for outcome in short:
        print(f"error: {outcome.ticker}: {outcome.note}", file=sys.stderr)
    print(summary(outcomes, time.monotonic() - began))
    return status or int(bool(short))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ingestion_service.refresh", description="Bring stored prices up to date."
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("tickers", nargs="*", default=[], type=_ticker, metavar="TICKER", help="such as AAPL BRK-B")
    which.add_argument("--tracked", action="store_true", help="every ticker that is stored")
    which.add_argument("--top50", action="store_true", help="fifty large American stocks")
    parser.add_argument("--interval", choices=get_args(Interval), default="1d", help="how far apart (default: 1d)")
    return parser


def _ticker(text: str) -> str:
    try:
        return normalised_ticker(text)
    except InvalidTicker as exc:
        raise argparse.ArgumentTypeError(exc.detail) from exc


def _wanted(options: argparse.Namespace, edges: Ingestion) -> list[str]:
    if options.tracked:
        return list(edges.store.objects.tickers())
    return top50() if options.top50 else list(dict.fromkeys(options.tickers))


def refresher(edges: Ingestion, interval: Interval = "1d") -> Callable[[str], RefreshOutcome]:
    """Make the function that refreshes one ticker."""
    tracking = Tracking(edges.stores, edges.store, edges.prices, edges.newest_prices)

    def looked_up(ticker: str) -> Refreshed:
        if interval == "1d":
            return tracking.refresh(ticker, TICKER_S)
        return edges.intraday.refresh(ticker, interval, TICKER_S)

    def refresh(ticker: str) -> RefreshOutcome:
        try:
            done = looked_up(ticker)
        except Failure as failure:
            return RefreshOutcome(ticker, "failed", f"{failure.detail} ({failure.code})")
        except Exception as exc:  # noqa: BLE001 - one ticker's fault is not the others'; its text may hold a key
            return RefreshOutcome(ticker, "failed", f"An unforeseen {type(exc).__name__}.")
        return line_of(ticker, done)

    return refresh


def line_of(ticker: str, done: Refreshed) -> RefreshOutcome:
    """Say what came of a refresh that did not fail."""
    if done.missing:
        return RefreshOutcome(ticker, "partial", f"{done.missing} Stored: {note_on(done.facts)}")
    if not done.asked:
        fetched_at = f"{done.facts.fetched_at:%H:%M} UTC"
        return RefreshOutcome(
            ticker, "fresh", f"fetched at {fetched_at}, no source was asked again; {note_on(done.facts)}"
        )
    if not done.changed:
        return RefreshOutcome(ticker, "unchanged", f"the sources have no other prices; {note_on(done.facts)}")
    return RefreshOutcome(ticker, "new" if done.outcome == "created" else "updated", note_on(done.facts))


def note_on(facts: StoredFacts) -> str:
    """Say what is stored, and what the checks took away and found."""
    dropped = [f"{facts.dropped} dropped"] if facts.dropped else []
    return "; ".join([f"{facts.rows} rows to {facts.last} from {facts.source}", *dropped, *facts.flags])


def refreshed(tickers: Iterable[str], refresh: Callable[[str], RefreshOutcome]) -> Iterator[RefreshOutcome]:
    """Refresh the tickers, :data:`TICKERS_AT_ONCE` at a time; what is done comes first."""
    with ThreadPoolExecutor(TICKERS_AT_ONCE) as threads:
        try:
            for done in as_completed([threads.submit(refresh, ticker) for ticker in tickers]):
                yield done.result()
        finally:
            threads.shutdown(cancel_futures=True)


def with_progress(outcomes: Iterable[RefreshOutcome], total: int) -> Iterator[RefreshOutcome]:
    """Show a bar on standard error, where that is a terminal."""
    with tqdm(total=total, unit="ticker", disable=not sys.stderr.isatty()) as bar:
        for outcome in outcomes:
            bar.set_postfix_str(outcome.ticker, refresh=False)
            bar.update()
            yield outcome


def summary(outcomes: Sequence[RefreshOutcome], seconds: float) -> str:
    """A line for each ticker that has its prices, in order, and the counts of all."""
    shown = sorted((done for done in outcomes if not done.failed), key=lambda done: done.ticker)
    lines = [f"{done.ticker:<15} {done.result:<9} {done.note}" for done in shown if len(outcomes) <= MOST_ROWS]
    counts: Counter[str] = Counter(done.result for done in outcomes)
    named = ["updated", "new", "failed", *(result for result in ("partial", "unchanged", "fresh") if counts[result])]
    said = ", ".join(f"{counts[result]} {result}" for result in named)
    tickers = "1 ticker" if len(outcomes) == 1 else f"{len(outcomes)} tickers"
    return "\n".join([*lines, f"{tickers} in {seconds:.1f} s: {said}"])
