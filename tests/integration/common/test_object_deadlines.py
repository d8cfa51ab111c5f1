"""A call of S3 ends at its deadline, even if the store keeps sending bytes."""

from datetime import UTC, date, datetime

import pytest

from common.domain.errors import Busy
from common.runtime.call_time_limits import call_deadline
from common.s3.objects import PriceObjects, SeriesDescription, make_s3_client
from test_support.stores.trickling_store import BODY, trickling_store
from tests.conftest import s3_environment

DESCRIPTION = SeriesDescription("tiingo", "USD", datetime.now(UTC), 1, date(2026, 1, 2), date(2026, 1, 2), 1.0, None)
CALLS = {
    "facts": lambda objects: objects.read_facts("AAPL"),
    "read": lambda objects: objects.read("AAPL"),
    "write": lambda objects: objects.write("AAPL", BODY * 200, DESCRIPTION, replacing=None),
    "quarantine": lambda objects: objects.quarantine("AAPL", BODY, DESCRIPTION),
    "remove": lambda objects: objects.remove("AAPL"),
    "listing": lambda objects: objects.list_page(),
    "ping": lambda objects: objects.ping(),
}


@pytest.fixture
def trickling():
    with trickling_store() as server:
        yield server


@pytest.fixture
def objects(trickling, monkeypatch):
    for name, value in s3_environment(trickling.url).items():
        monkeypatch.setenv(name, value)
    client = make_s3_client()
    yield PriceObjects(client, "prices")
    client.close()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_trickling_answer_ends_a_call_at_its_own_limit(trickling, objects, monkeypatch, call):
    monkeypatch.setattr("common.s3.objects.CALL_S", 0.3)
    trickling.where = "head"
    with pytest.raises(Busy):
        call(objects)


@pytest.mark.parametrize(("where", "call"), [("body", "read"), ("body", "listing"), ("upload", "write")])
def test_a_trickling_body_ends_a_call_at_the_deadline_of_its_caller(trickling, objects, where, call):
    trickling.where = where
    with pytest.raises(Busy), call_deadline(0.3):
        CALLS[call](objects)


def test_a_store_that_stops_trickling_is_read_again(trickling, objects):
    trickling.where = "body"
    with pytest.raises(Busy), call_deadline(0.3):
        objects.read("AAPL")
    trickling.where = "nowhere"
    assert objects.read("AAPL").body == BODY


def test_after_the_deadline_nothing_is_sent(trickling, objects):
    with pytest.raises(Busy), call_deadline(0):
        objects.read("AAPL")
    assert objects.read("AAPL").body == BODY
