"""``python -m webserver.track_record``: score the forecasts that came due, or check the ledger."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial

from common.domain.errors import Busy, StoreUnavailable
from common.redis.client.connections import make_redis_client
from common.redis.stores import RedisStores
from common.runtime.logs import log_to_stdout
from common.runtime.settings_loading import load_settings
from common.s3.objects import PriceObjects, make_s3_client
from common.sql.repositories.ledger_chain import CHAINS
from common.sql.repositories.ledger_verification import verify_chain
from common.sql.store import SqlStore
from webserver.settings import WebSettings
from webserver.stocks.price_reader import PriceReader
from webserver.track_record.scoring import ScoringReport, TrackRecordScorer, make_closes_reader

DONE, INCOMPLETE, FAILED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status: 1 if a stock or an entry is at fault, 2 if nothing could be done."""
    command = _parser().parse_args(arguments).command
    settings = load_settings(WebSettings)
    log_to_stdout("track_record", settings.log_level, settings.log_format)
    sql = SqlStore(settings.sql_address())
    try:
        return _verify(sql) if command == "verify" else _score(settings, sql)
    except (Busy, StoreUnavailable) as failure:
        print(f"error: {failure.detail}", file=sys.stderr)
        return FAILED
    finally:
        sql.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m webserver.track_record", description="The record of past forecasts."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("score", help="score the forecasts whose target day has come")
    commands.add_parser("verify", help="check that no entry was changed or removed")
    return parser


def _score(settings: WebSettings, sql: SqlStore) -> int:
    stores = RedisStores.of(make_redis_client(settings.redis_url))
    prices = PriceReader(PriceObjects(make_s3_client(checksums=settings.sends_checksums), settings.s3_bucket))
    report = TrackRecordScorer(sql, make_closes_reader(prices), stores.clock.now).run()
    print(_summary(report))
    return INCOMPLETE if report.failed else DONE


def _summary(report: ScoringReport) -> str:
    scored = report.outcomes.get("scored", 0)
    without = ", ".join(f"{count} {status}" for status, count in sorted(report.outcomes.items()) if status != "scored")
    return (
        f"{scored} forecasts scored, {report.corrected} corrected, {report.waiting} wait for a close, "
        f"{without or 'none'} without a score; {report.failed} stocks could not be read"
    )


def _verify(sql: SqlStore) -> int:
    status = DONE
    for name in CHAINS:
        report = sql.read(partial(verify_chain, name=name))
        print(f"{name}: {report.head.number} entries, the last one is {report.head.chain_hash}")
        for problem in report.problems:
            print(f"error: {name}: {problem}", file=sys.stderr)
            status = INCOMPLETE
    return status


if __name__ == "__main__":
    sys.exit(main())
