import io
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from urllib3 import HTTPResponse

from common.domain.errors import Busy
from webserver.stocks import price_reader
from webserver.stocks.price_reader import PriceReader, computing_in_pieces

PATIENCE_S = 100


class Objects:
    """A store that lists the tickers in ``found``."""

    def __init__(self):
        self.found = {"AAPL"}
        self.listed = 0
        self.asked, self.may_answer = threading.Event(), threading.Event()
        self.may_answer.set()

    def list_tickers(self):
        self.listed += 1
        self.asked.set()
        assert self.may_answer.wait(PATIENCE_S)
        if self.found is None:
            raise Busy
        yield from self.found


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("webserver.stocks.price_reader.time.monotonic", lambda: now[0])
    return now


def test_a_failed_first_listing_is_made_again_soon(clock):
    objects = Objects()
    objects.found = None
    reader = PriceReader(objects)
    assert reader.tickers() == frozenset()
    objects.found = {"AAPL"}
    clock[0] += 2.1
    assert reader.tickers() == {"AAPL"}


def test_during_an_outage_the_last_list_is_used_and_few_calls_are_made(clock):
    objects = Objects()
    reader = PriceReader(objects)
    reader.tickers()
    objects.found = None
    clock[0] += 31
    assert [reader.tickers() for _ in range(5)] == [{"AAPL"}] * 5
    assert objects.listed == 2


def test_requests_wait_for_the_first_listing():
    objects = Objects()
    objects.may_answer.clear()
    reader = PriceReader(objects)
    with ThreadPoolExecutor(3) as threads:
        found = [threads.submit(reader.tickers) for _ in range(3)]
        assert objects.asked.wait(PATIENCE_S)
        objects.may_answer.set()
    assert ([each.result() for each in found], objects.listed) == ([{"AAPL"}] * 3, 1)


def test_requests_use_the_last_list_during_a_later_listing(clock):
    objects = Objects()
    reader = PriceReader(objects)
    reader.tickers()
    clock[0] += 31
    objects.asked.clear()
    objects.may_answer.clear()
    objects.found = {"MSFT"}
    with ThreadPoolExecutor(1) as threads:
        listing = threads.submit(reader.tickers)
        assert objects.asked.wait(PATIENCE_S)
        assert reader.tickers() == {"AAPL"}
        objects.may_answer.set()
        assert listing.result() == {"MSFT"}


def test_a_call_of_the_store_yields_between_its_steps(monkeypatch):
    turns = []
    monkeypatch.setattr(price_reader, "give_way", lambda: turns.append(1))
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    answer = AWSResponse("http://localhost", 200, {}, HTTPResponse(io.BytesIO(), status=200, preload_content=False))
    client.meta.events.register_last("before-send.s3", lambda **_: answer)
    computing_in_pieces(client).head_bucket(Bucket="stockcast")
    assert len(turns) == 5
