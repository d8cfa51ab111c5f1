"""Two versions of the services on one Redis; the question of the newer one has an additional field."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

import common
from common.domain.errors import RequestConflict
from common.domain.questions import ForecastQuestion
from common.redis.requests.attempts import NeedsNewerVersion
from common.redis.requests.results import Result
from common.rpc.messages import Order, decode_order, encode

ASKED = ForecastQuestion(ticker="AAPL", days=30)
BUDGET_MS = 600_000
RESULT = Result(b"{}", b"png")
FIELD = "    level: Level = DEFAULT_LEVEL\n"
NEWER_FIELDS = {
    "with a default": FIELD + "    currency: str = 'own'\n",
    "that may be missing": FIELD + "    currency: str | None = None\n",
}
PROGRAM = """
import json, sys
import redis
from common.rpc.messages import Order, decode_order, encode
from common.domain.questions import ForecastQuestion
from common.redis.requests.results import Result
from common.redis.stores import RedisStores

redis_stores = RedisStores.of(redis.Redis.from_url(sys.argv[1]))
for line in sys.stdin:
    call, request_id, said = json.loads(line)
    try:
        if call == "accept":
            answer = redis_stores.requests.accept(request_id, ForecastQuestion(**said), 600_000)
            reply = [answer.is_new, answer.record.status]
        elif call == "reclaim":
            reply = [encode(order).decode() for order in redis_stores.attempts.reclaim(10)]
        elif call == "begin":
            reply = redis_stores.attempts.begin(decode_order(said.encode()), "ingesting")
        elif call == "finish":
            reply = redis_stores.attempts.finish(decode_order(said.encode()), "result:x", Result(b"{}", b"png"))
        elif call == "read":
            record = redis_stores.requests.read(request_id)
            reply = [record.status, record.question.ticker]
        elif call == "order":
            order = Order(question=ForecastQuestion(**said), request_id=request_id, attempt=1, budget_ms=1)
            reply = encode(order).decode()
    except Exception as exc:
        reply = type(exc).__name__
    print(json.dumps(reply), flush=True)
"""


class Newer:
    """The stores of a newer version of the services, in its own process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def call(self, name, request_id="", said=None):
        self._process.stdin.write(json.dumps([name, request_id, said]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@pytest.fixture(params=NEWER_FIELDS)
def newer(request, redis_url, tmp_path):
    folder = tmp_path / "common"
    shutil.copytree(Path(common.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    questions = folder / "domain" / "questions.py"
    text = questions.read_text()
    assert text.count(FIELD) == 1
    questions.write_text(text.replace(FIELD, NEWER_FIELDS[request.param]))
    command = [sys.executable, "-P", "-c", PROGRAM, redis_url]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(tmp_path)}
    ) as process:
        yield Newer(process)
        process.stdin.close()


FIRST = {"ticker": "AAPL", "days": 30}
SECOND = FIRST | {"currency": "EUR"}


def order_of(line):
    return decode_order(line.encode())


def test_the_older_version_reads_joins_and_finishes_requests_of_the_newer_one(redis_stores, redis_client, newer):
    one, other = str(uuid4()), str(uuid4())
    assert newer.call("accept", one, FIRST) == [True, "accepted"]
    assert redis_stores.requests.accept(one, ASKED, BUDGET_MS).is_new is False
    assert redis_stores.requests.accept(other, ASKED, BUDGET_MS).is_new is False
    order = order_of(newer.call("order", one, FIRST))
    assert redis_stores.attempts.begin(order, "ingesting") > 0
    redis_client.zadd("leases", {one: 1})
    (claimed,) = redis_stores.attempts.reclaim(10)
    assert (claimed.attempt, claimed.question) == (2, ASKED)
    assert newer.call("begin", said=encode(claimed).decode()) > 0
    assert redis_stores.attempts.finish(claimed, "result:x", RESULT)
    assert newer.call("read", other) == ["done", "AAPL"]


def test_the_newer_version_reads_joins_and_finishes_requests_of_the_older_one(redis_stores, redis_client, newer):
    one, other = str(uuid4()), str(uuid4())
    assert redis_stores.requests.accept(one, ASKED, BUDGET_MS).is_new
    assert newer.call("accept", one, FIRST) == [False, "accepted"]
    assert newer.call("accept", other, FIRST) == [False, "accepted"]
    redis_client.zadd("leases", {one: 1})
    (line,) = newer.call("reclaim")
    assert newer.call("begin", said=line) > 0
    assert redis_stores.attempts.begin(order_of(line), "forecasting") > 0
    assert newer.call("finish", said=line) is True
    assert redis_stores.requests.read(other).status == "done"


def test_a_question_that_only_the_newer_version_understands_is_left_to_it(redis_stores, redis_client, newer):
    one = str(uuid4())
    assert newer.call("accept", one, SECOND) == [True, "accepted"]
    with pytest.raises(NeedsNewerVersion):
        redis_stores.attempts.begin(order_of(newer.call("order", one, SECOND)), "ingesting")
    for _ in range(5):  # more often than there are attempts
        redis_client.zadd("leases", {one: 1})
        assert redis_stores.attempts.reclaim(10) == []
    assert redis_stores.requests.read(one).status == "accepted"
    (line,) = newer.call("reclaim")  # at once: the older version holds no lease
    assert order_of(line).attempt == 2
    assert newer.call("begin", said=line) > 0
    assert newer.call("finish", said=line) is True
    assert redis_stores.requests.read(one).status == "done"


def test_another_question_is_a_conflict_for_both_versions(redis_stores, newer):
    one, other = str(uuid4()), str(uuid4())
    newer.call("accept", one, SECOND)
    with pytest.raises(RequestConflict):
        redis_stores.requests.accept(one, ASKED, BUDGET_MS)
    redis_stores.requests.accept(other, ASKED, BUDGET_MS)
    assert newer.call("accept", other, SECOND) == "RequestConflict"


def test_questions_that_differ_in_the_newer_field_alone_are_not_joined(redis_stores, newer):
    assert redis_stores.requests.accept(str(uuid4()), ASKED, BUDGET_MS).is_new
    assert newer.call("accept", str(uuid4()), SECOND) == [True, "accepted"]
    assert newer.call("accept", str(uuid4()), SECOND) == [False, "accepted"]


@pytest.mark.parametrize("key", ["AAPL:30:blend:0.8", None])
def test_a_record_of_the_version_before_the_canonical_hash_is_known_and_finished(
    redis_stores, redis_client, newer, key
):
    one = str(uuid4())
    redis_stores.requests.accept(one, ASKED, BUDGET_MS)
    if key is None:
        redis_client.hdel(f"request:{one}", "question_key")
    else:
        redis_client.hset(f"request:{one}", "question_key", key)
    redis_client.hset(f"request:{one}", "question", '{"ticker":"AAPL","days":30,"model":"blend","level":0.8}')
    assert redis_stores.requests.accept(one, ASKED, BUDGET_MS).is_new is False
    assert newer.call("accept", one, FIRST) == [False, "accepted"]
    redis_client.zadd("leases", {one: 1})
    (line,) = newer.call("reclaim")
    assert redis_stores.attempts.begin(order_of(line), "ingesting") > 0
    assert newer.call("finish", said=line) is True


def test_an_order_with_unknown_fields_is_read(redis_stores):
    order = Order(question=ASKED, request_id=str(uuid4()), attempt=1, budget_ms=1)
    line = json.dumps(json.loads(encode(order)) | {"colour": "red"})
    assert order_of(line) == order
