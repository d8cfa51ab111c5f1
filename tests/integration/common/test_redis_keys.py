"""The table of Redis keys in docs/contributor agrees with the code, and with a Redis in use."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import redis

from common.domain.calibration import calibrate
from common.domain.errors import UnknownTicker
from common.domain.horizons import horizon_group
from common.domain.kinds import CostClass
from common.domain.market_run import MarketRun
from common.domain.news import News
from common.domain.questions import ForecastQuestion
from common.domain.refresh_run import RefreshRun
from common.domain.stock_records import StockRecord
from common.redis import scripts
from common.redis.price_notes import PricesPointer
from common.redis.provider_limits import ProviderLimits
from common.redis.rate_windows import Quota, QuotaCheck, Window
from common.redis.requests.batch_store import BatchMember
from common.redis.requests.queueing import QueueTimes, Sender
from common.redis.requests.results import Result
from common.redis.schema.keys import KeyPrefix, SharedKey, result_key
from common.redis.stores import RedisStores
from common.rpc.messages import Order
from common.service.readiness import RedisReadiness

ROOT = Path(__file__).parents[3]
ROW = re.compile(
    r"^\| `([^`]+)` \| ((?:string|hash|list|set|zset)(?:, (?:string|hash|list|set|zset))*) \|", re.MULTILINE
)
LUA_FILES = sorted(Path(scripts.__file__).parent.rglob("*.lua"))
WITHOUT_EXPIRY = {"leases", "ledger_outbox"}
OF_OLDER_VERSIONS = {"batch_queue"}
ASKED = ForecastQuestion(ticker="AAPL", days=30)
BUDGET_MS = 600_000


def types_of_keys():
    """Return the types of each key in the table, by the key's text before its first variable part."""
    table = ROW.findall((ROOT / "docs" / "contributor" / "redis-keys.md").read_text(encoding="utf-8"))
    return {key.partition("{")[0]: set(types.split(", ")) for key, types in table}


def test_the_table_has_each_key_of_the_code_and_no_other():
    assert types_of_keys().keys() == {*map(str, SharedKey), *map(str, KeyPrefix)}


@pytest.mark.parametrize("file", LUA_FILES, ids=lambda file: file.stem)
def test_the_header_of_a_script_lists_the_keys_that_its_text_names(file):
    header = "\n".join(line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("--"))
    required = scripts.load_script("/".join(file.with_suffix("").parts[-2:]))
    for kind, name in re.findall(r"\b(KEY|PREFIX)\.([A-Z_]+)", file.read_text(encoding="utf-8")):
        key = (SharedKey if kind == "KEY" else KeyPrefix)[name]
        assert re.search(rf"^--.* {re.escape(key)}", header, re.MULTILINE) or f"--   {key}" in required


def use_stock_records(stores):
    assert stores.stock_records.read() == {}
    month, week = horizon_group(30), horizon_group(7)
    records = {
        ("MSFT", month): StockRecord(forecasts=20, inside_80=15),
        ("A", week): StockRecord(forecasts=3, inside_80=0),
    }
    stores.stock_records.write({("GONE", month): StockRecord(forecasts=1, inside_80=1)})
    stores.stock_records.write(records)
    assert stores.stock_records.read() == {"MSFT": records["MSFT", month]}
    assert stores.stock_records.read_some([*records, ("MSFT", week), ("GONE", month)]) == records


def use_everything(client):
    """Call every method that writes to Redis."""
    stores, limits = RedisStores.of(client), ProviderLimits(client)
    quota_check = QuotaCheck((Quota("client", "client:x", Window(10, 3600)),))
    first, follower = str(uuid4()), str(uuid4())
    stores.capacity.advertise("service", 24)
    stores.capacity.advertise("service", 1, CostClass.LONG)
    stores.user_models.advertise(["usual_move"])
    for days in range(40, 43):
        long = ForecastQuestion(ticker="AAPL", days=days)
        stores.requests.accept(str(uuid4()), long, QueueTimes(BUDGET_MS, BUDGET_MS, 10, BUDGET_MS))
    stores.requests.accept(first, ASKED, BUDGET_MS, quota_check)
    stores.requests.accept(follower, ASKED, BUDGET_MS)
    yield
    order = Order(question=ASKED, request_id=first, attempt=1, budget_ms=1000)
    stores.attempts.finish(order, result_key(ASKED, "a" * 64, date(2013, 3, 1)), Result(b"{}", b"png"), b"entry")
    stores.price_notes.set_prices_pointer("AAPL", PricesPointer("a" * 64, date(2013, 3, 1)), BUDGET_MS)
    stores.requests.accept(str(uuid4()), ASKED, BUDGET_MS)
    members = [BatchMember(str(uuid4()), ForecastQuestion(ticker="MSFT", days=days)) for days in range(1, 20)]
    stores.batches.accept(str(uuid4()), "asked", members, Sender("client"), QueueTimes(BUDGET_MS, 1000, 10, BUDGET_MS))
    stores.attempts.reclaim(1)
    stores.price_notes.invalidate_prices("MSFT", "v")
    stores.price_notes.note_no_prices("IBM", UnknownTicker(), 10_000)
    limits.count_call("source", (Window(10, 3600), Window(1, 1)))
    limits.note_failure("source")
    limits.open_circuit("source", 60)
    assert [limits.take_turn("source"), limits.take_turn("source")] == [0, 1]
    RedisReadiness(client).check()
    stores.alert_runs.note(datetime(2013, 3, 1, tzinfo=UTC))
    assert stores.alert_runs.last() == datetime(2013, 3, 1, tzinfo=UTC)
    stores.calibration.write(calibrate([]))
    assert stores.calibration.read() == calibrate([])
    use_stock_records(stores)
    run = MarketRun(day=date(2013, 3, 1), stocks=5, done=5, failed=1, started=datetime(2013, 3, 1, tzinfo=UTC))
    stores.market_runs.note(run)
    assert stores.market_runs.last() == run
    stores.backup_runs.begin(run.started)
    stores.backup_runs.complete(run.started, 5)
    assert stores.backup_runs.last().whole == run.started
    refreshed = RefreshRun(tickers=50, failed=0, ended=datetime(2013, 3, 1, tzinfo=UTC))
    stores.refresh_runs.note("1h", refreshed)
    last = stores.refresh_runs.last("1h")
    stores.refresh_runs.note("1h", RefreshRun(tickers=50, failed=1, ended=datetime(2013, 3, 2, tzinfo=UTC)))
    assert last is not None
    assert last.completed == stores.refresh_runs.last("1h").completed == refreshed.ended
    assert stores.refresh_runs.last("1d") is None
    stores.model_texts.store("AAPL:text", ("The price fell by {move_day}.",))
    stores.token_budget.settle(stores.token_budget.reserve("model", 10, 100), 5)
    stores.news.store("AAPL", News(source="finnhub", fetched_at=datetime(2013, 3, 1, tzinfo=UTC), headlines=()))
    with stores.model_texts.lock("AAPL:other"), stores.news.lock("AAPL"), stores.price_notes.lock_refresh("AAPL", 0):
        yield


def test_the_keys_of_a_redis_in_use_are_in_the_table_with_their_types_and_expire(redis_url):
    types, met = types_of_keys(), set()
    with redis.Redis.from_url(redis_url) as client:
        for _ in use_everything(client):
            for key in client.scan_iter():
                start = re.match(r"[a-z_]+:?", key.decode())[0]
                met.add(start)
                assert client.type(key).decode() in types[start]
                assert client.pttl(key) > 0 or start in WITHOUT_EXPIRY
    assert met == types.keys() - OF_OLDER_VERSIONS
