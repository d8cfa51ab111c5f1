"""``python -m webserver.track_record``: score what came due, forecast the standing set, or check the ledger."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from common.domain.calibration import calibrate
from common.domain.errors import Busy, InvalidRequest, InvalidTicker, StoreUnavailable
from common.domain.questions import normalise_ticker
from common.redis.client.connections import make_redis_client
from common.redis.stores import RedisStores
from common.runtime.logs import log_to_stdout
from common.runtime.settings_loading import load_settings
from common.runtime.tracing.jobs import run_job
from common.runtime.tracing.spans import rename
from common.s3.objects import PriceObjects, make_s3_client
from common.sql.repositories.ledger.chain import CHAINS, REPLAY_CHAINS
from common.sql.repositories.ledger.latest_scores import list_latest_scores
from common.sql.repositories.ledger.recounts import count_differences, list_parts, recount
from common.sql.repositories.ledger.stocks import count_stock_records
from common.sql.repositories.ledger.verification import verify_chain, verify_sums
from common.sql.store import SqlStore
from webserver.forecasts.job_forecasts import make_forecaster
from webserver.settings import WebSettings
from webserver.stocks.ingestion_client import IngestionClient
from webserver.stocks.price_reader import PriceReader
from webserver.track_record.scoring import ScoringReport, TrackRecordScorer, make_closes_reader
from webserver.track_record.standing_forecasts import StandingForecasts, summary
from webserver.track_record.standing_set import StandingSet

DONE, INCOMPLETE, FAILED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status: 1 if a stock or an entry is at fault, 2 if nothing could be done."""
    options = _parser().parse_args(arguments)
    rename(f"job track_record {options.command}")
    settings = load_settings(WebSettings)
    log_to_stdout("track_record", settings.log_level, settings.log_format)
    sql = SqlStore(settings.sql_address())
    try:
        return int(options.run(options, settings, sql))
    except (Busy, InvalidRequest, InvalidTicker, StoreUnavailable) as failure:
        print(f"error: {failure.detail}", file=sys.stderr)
        return FAILED
    finally:
        sql.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m webserver.track_record", description="The record of past forecasts."
    )
    commands = parser.add_subparsers(required=True, dest="command", metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace, WebSettings, SqlStore], int], purpose: str) -> None:
        command = commands.add_parser(name, help=purpose)
        command.set_defaults(run=run)
        if name in {"track", "untrack"}:
            command.add_argument("tickers", nargs="+", metavar="TICKER")

    add("score", _score, "score the forecasts whose target day has come")
    add("forecast", _forecast, "forecast the standing set from its new closes")
    add("evening", _evening, "both, as a job of the evening")
    add("track", _track, "add stocks to the standing set")
    add("untrack", _untrack, "remove stocks from the standing set")
    add("tracked", _tracked, "list the standing set")
    add("verify", _verify, "check that no entry was changed or removed, and that the sums are those of the entries")
    add("recount", _recount, "make sums anew that differ from the entries")
    return parser


def _evening(options: argparse.Namespace, settings: WebSettings, sql: SqlStore) -> int:
    return max(_score(options, settings, sql), _forecast(options, settings, sql))


def _score(_options: argparse.Namespace, settings: WebSettings, sql: SqlStore) -> int:
    stores = RedisStores.of(make_redis_client(settings.redis_url))
    report = TrackRecordScorer(sql, make_closes_reader(_prices(settings)), stores.clock.now).run()
    print(_summary(report))
    stores.calibration.write(calibrate(sql.read(list_latest_scores)))
    stores.stock_records.write(sql.read(count_stock_records))
    return INCOMPLETE if report.failed else DONE


def _forecast(_options: argparse.Namespace, settings: WebSettings, sql: SqlStore) -> int:
    stores = RedisStores.of(make_redis_client(settings.redis_url))
    ingestion = settings.ingestion_address.with_security(settings.credentials(), settings.token())
    client = IngestionClient(ingestion, settings.request_deadline_s)
    forecast = make_forecaster(settings, stores)
    report = StandingForecasts(sql, partial(client.send, "track"), _prices(settings), forecast, stores.clock.now).run()
    print(summary(report))
    return INCOMPLETE if report.stocks["failed"] else DONE


def _prices(settings: WebSettings) -> PriceReader:
    return PriceReader(PriceObjects(make_s3_client(checksums=settings.sends_checksums), settings.s3_bucket))


def _track(options: argparse.Namespace, _settings: WebSettings, sql: SqlStore) -> int:
    added = StandingSet(sql, _utc_now).add([normalise_ticker(ticker) for ticker in options.tickers])
    print(f"{_stocks(len(added))} added; the evening's job forecasts them from their next close.")
    return DONE


def _untrack(options: argparse.Namespace, _settings: WebSettings, sql: SqlStore) -> int:
    removed = StandingSet(sql, _utc_now).remove([normalise_ticker(ticker) for ticker in options.tickers])
    print(f"{_stocks(removed)} removed; their recorded forecasts stay.")
    return DONE


def _tracked(_options: argparse.Namespace, _settings: WebSettings, sql: SqlStore) -> int:
    found = StandingSet(sql, _utc_now).list_all()
    for stock in found:
        last = f"forecast from the close of {stock.as_of}" if stock.as_of else "not forecast yet"
        print(f"{stock.ticker:<24} {last}")
    if not found:
        print("The standing set is empty.")
    return DONE


def _stocks(count: int) -> str:
    return "1 stock" if count == 1 else f"{count} stocks"


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _summary(report: ScoringReport) -> str:
    scored = report.outcomes.get("scored", 0)
    without = ", ".join(f"{count} {status}" for status, count in sorted(report.outcomes.items()) if status != "scored")
    return (
        f"{scored} forecasts scored, {report.corrected} corrected, {report.waiting} wait for a close, "
        f"{without or 'none'} without a score; {report.failed} stocks could not be read"
    )


def _verify(_options: argparse.Namespace, _settings: WebSettings, sql: SqlStore) -> int:
    problems: list[str] = []
    for name in (*CHAINS, *REPLAY_CHAINS):
        report = sql.read(partial(verify_chain, name=name))
        print(f"{name}: {report.head.entries} entries, the last one is {report.head.chain_hash}")
        problems += [f"{name}: {problem}" for problem in report.problems]
    wrong_sums = sql.read(verify_sums)
    print("sums: they differ from the entries" if wrong_sums else "sums: they are those of the entries")
    for problem in (*problems, *(f"sums: {problem}" for problem in wrong_sums)):
        print(f"error: {problem}", file=sys.stderr)
    if wrong_sums and not problems:
        print("track-record recount makes the sums anew from the entries.", file=sys.stderr)
    return INCOMPLETE if problems or wrong_sums else DONE


def _recount(_options: argparse.Namespace, _settings: WebSettings, sql: SqlStore) -> int:
    made = 0
    for part in sql.read(list_parts):
        differences = sql.read(partial(count_differences, part=part))
        if differences:
            sql.transaction(partial(recount, part=part))
            made += len(differences)
            print("\n".join(differences))
    print(f"{made} sums were wrong and are made anew." if made else "All sums are those of the entries.")
    return DONE


if __name__ == "__main__":
    sys.exit(run_job("track_record", main))
