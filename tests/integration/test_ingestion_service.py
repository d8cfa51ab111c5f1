"""What ingestion does with a request where a part that it needs goes away."""

import asyncio
from uuid import uuid4

import pytest

from common.addresses import Address
from common.errors import ProviderUnavailable
from common.leases import LeaseKeeper
from common.messages import Order
from common.questions import Question
from common.redis_failures import RedisAway
from ingestion_service.service import IngestionService

QUESTION = Question(ticker="AAPL", days=30)


class Prices:
    def __init__(self, failure):
        self._failure = failure

    def pointed_version(self, ticker):
        return None

    def stored_version(self, ticker):
        return None

    def version(self, ticker, budget_s, *, lock_wait_s):
        raise self._failure


def after_a_failure(records, failure):
    """The record of a request in whose course the prices failed so."""
    request_id = str(uuid4())
    records.accept(request_id, QUESTION, 30_000)

    async def work():
        service = IngestionService(records, LeaseKeeper(records), Prices(failure), None, Address("127.0.0.1", 1))
        await service.take(Order(**QUESTION.model_dump(), request_id=request_id, attempt=1, budget_ms=30_000))
        await service.drain()

    asyncio.run(work())
    return records.read(request_id)


def test_where_redis_went_away_the_request_is_left_to_its_lease(records):
    assert after_a_failure(records, RedisAway()).status == "ingesting"


@pytest.mark.parametrize("failure", [ProviderUnavailable(), RuntimeError("broken")])
def test_any_other_failure_ends_the_request(records, failure):
    assert after_a_failure(records, failure).status == "failed"
