"""A fake language model, facts, and what writes texts about them."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import SecretStr

from common.insights.fact import Fact
from common.redis.provider_limits import ProviderLimits
from common.redis.stores import RedisStores
from test_support.sources.model_server import running_model
from test_support.waiting import until
from webserver.insights.language_model.client import ModelClient
from webserver.insights.language_model.writer import LanguageModel

KEY = "sk-s3cretKey0123456789"
DAILY_TOKENS = 100_000


def fact(name, words, value, unit, text, percentile=None):  # noqa: PLR0917
    days = None if percentile is None else 1200
    return Fact(
        id=name, name=words, value=value, unit=unit, text=text, date=date(2024, 5, 3), percentile=percentile,
        days_compared=days, source="tiingo",
    )  # fmt: skip


FACTS = (
    fact("move_day", "Price move of the last day", -3.2, "%", "3.2 %", 2.0),
    fact("move_month", "Price move of the last month", 8.1, "%", "8.1 %", 85.0),
    fact("volume", "Volume against the usual volume", 2.1, "times", "2.1 times", 96.0),
    fact("last_close", "Last close of the price", 182.5, "USD", "182.50 USD"),
)
TRUE = (
    "The price fell by {move_day} to a close of {last_close}.",
    "Volume was unusually heavy at {volume} the usual volume.",
    "Over the month the price rose by {move_month}, which is unusual for this stock.",
)


def text_after(writer, revision="revision"):
    """Return what the page gets once the text was tried."""
    until(lambda: writer.text_about("AAPL", revision, FACTS).state != "writing")
    return writer.text_about("AAPL", revision, FACTS)


@pytest.fixture
def model_server():
    with running_model() as server:
        yield server


@pytest.fixture
def make_writer(redis_client, model_server):
    """Return a function that builds what writes texts: as each process of the web server has one."""

    def make(*, url=None, timeout_s=20.0, daily_tokens=DAILY_TOKENS):
        stores = RedisStores.of(redis_client)
        client = ModelClient(url or f"{model_server.url}/v1", "small-model", SecretStr(KEY), timeout_s)
        limits = ProviderLimits(redis_client)
        return LanguageModel(client, stores.model_texts, stores.token_budget, limits, daily_tokens)

    return make
