"""``python -m forecast_service.replay --from DAY``: fill the replay of the track record from the stored past."""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime

from common.domain.errors import Busy, InvalidTicker, StoreUnavailable
from common.domain.prices import CorruptPrices
from common.domain.questions import normalise_ticker
from common.domain.results import ENGINE
from common.domain.source_names import DISPLAY_NAMES
from common.domain.track_record import Kind
from common.runtime.settings_loading import load_settings
from common.s3.price_store import PriceStore, StoredSeries, make_s3_client
from common.service.settings import StoreSettings
from common.sql.repositories.ledger.replay import find_replay_engine, remove_replay
from common.sql.repositories.standing_set import list_standing_set
from common.sql.settings import SqlSettings
from common.sql.store import SqlStore
from forecast_service.option_values import parse_count, parse_day
from forecast_service.replay.past_forecasts import replay_kind
from forecast_service.replay.run import Period, Progress, Replay
from forecast_service.workers.environment import ENGINE_ENVIRONMENT

DONE, FAILED, STOPPED = 0, 2, 130
REPORT_EVERY_S = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay; return the exit status: 2 if nothing could be done, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    warnings.simplefilter("ignore")
    os.environ.update(ENGINE_ENVIRONMENT)
    sql = SqlStore(load_settings(SqlSettings).sql_address())
    try:
        return _replay(options, sql)
    except (Busy, InvalidTicker, StoreUnavailable) as failure:
        print(f"error: {failure.detail}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Stopped. The same command goes on with what is missing.", file=sys.stderr)
        return STOPPED
    finally:
        sql.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m forecast_service.replay", description="Fill the replay of the track record."
    )
    parser.add_argument("--from", dest="start", type=parse_day, required=True, metavar="DAY")
    parser.add_argument("--to", dest="end", type=parse_day, default=date.max, metavar="DAY")
    parser.add_argument("--every", type=parse_count, default=1, metavar="N", help="take one of N evenings (default: 1)")
    parser.add_argument("--ticker", nargs="+", metavar="TICKER", help="stocks (default: the standing set)")
    parser.add_argument("--anew", action="store_true", help="remove the present replay first")
    return parser


def _replay(options: argparse.Namespace, sql: SqlStore) -> int:
    if options.start > options.end:
        print("error: --from is after --to", file=sys.stderr)
        return FAILED
    if options.anew:
        sql.transaction(remove_replay)
    engine = sql.read(find_replay_engine)
    if engine not in {None, ENGINE}:
        print(f"error: the replay is of {engine}, not of {ENGINE}; --anew removes it first", file=sys.stderr)
        return FAILED
    wanted = options.ticker or [stock.ticker for stock in sql.read(list_standing_set)]
    tickers = list(dict.fromkeys(normalise_ticker(ticker) for ticker in wanted))
    settings = load_settings(StoreSettings)
    prices = PriceStore(make_s3_client(checksums=settings.sends_checksums), settings.s3_bucket)
    replay = Replay(sql, os.cpu_count() or 1, lambda: datetime.now(UTC), _make_reporter(len(tickers)))
    kinds: set[Kind] = set()
    stocks = _noting_kinds(_stored(prices, tickers), kinds)
    new = replay.run(stocks, Period(options.start, options.end, options.every))
    print(f"{new} forecasts were added to the replay.")
    for kind in sorted(kinds):
        print(f"The page /track-record?kind={kind} shows it.")
    return DONE


def _noting_kinds(stocks: Iterator[StoredSeries], kinds: set[Kind]) -> Iterator[StoredSeries]:
    for stored in stocks:
        kinds.add(replay_kind(stored.facts.source))
        yield stored


def _stored(prices: PriceStore, tickers: Sequence[str]) -> Iterator[StoredSeries]:
    """Yield the stored prices, one stock after the other. A stock that has none is named."""
    for ticker in tickers:
        try:
            stored = prices.read(ticker)
        except CorruptPrices:
            stored = None
        if stored is None:
            print(f"{ticker}: no prices are stored; ./run_app.sh refresh {ticker} fetches them", file=sys.stderr)
        elif stored.facts.source not in DISPLAY_NAMES:
            print(f"{ticker}: an uploaded series is not replayed", file=sys.stderr)
        else:
            yield stored


def _make_reporter(stocks: int) -> Callable[[Progress], None]:
    """Return a function that prints the progress: each time on a terminal, every half minute and stock elsewhere."""
    is_terminal, began = sys.stderr.isatty(), time.monotonic()
    seen: dict[str, int] = {}
    last = [began]

    def report(progress: Progress) -> None:
        seen[progress.ticker] = progress.done
        now = time.monotonic()
        is_last = progress.done == progress.missing
        if not (is_terminal or is_last or now - last[0] >= REPORT_EVERY_S):
            return
        last[0] = now
        pace = sum(seen.values()) / (now - began)
        text = (
            f"stock {len(seen)} of at most {stocks}, {progress.ticker}: {progress.done} of {progress.missing} "
            f"forecasts, {pace:.0f} a second"
        )
        print(f"\r{text:<78}" if is_terminal else text, end="\n" if is_last or not is_terminal else "", file=sys.stderr)

    return report


if __name__ == "__main__":
    sys.exit(main())
