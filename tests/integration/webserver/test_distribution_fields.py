"""The fields of the distribution in selected fields, in batches and at the end of a stream of events."""

import csv
import io
from datetime import date

import pytest

from common.redis.schema.keys import result_key
from tests.integration.common.test_tcp import serving
from tests.integration.webserver.test_api import BODY, NOWHERE, VERSION, check_problem, client_of, finishing
from tests.integration.webserver.test_cancel_and_events import events_in
from tests.integration.webserver.test_chances import RESULT, STORED


@pytest.fixture
def batch(redis_stores, redis_url):
    """A client, and the address of a batch with a finished forecast."""
    with client_of(redis_url, NOWHERE) as client:
        url = client.post("/api/v1/forecasts:batch", json={"tickers": ["AAPL"], "days": 30}).json["url"]
        (order,) = redis_stores.attempts.reclaim(1)
        redis_stores.attempts.begin(order, "forecasting")
        assert redis_stores.attempts.finish(order, result_key(order.question, VERSION, date(2013, 3, 1)), RESULT)
        yield client, url


def test_fields_select_a_part_of_the_distribution(redis_stores, redis_url):
    with serving(finishing(redis_stores, [], RESULT)) as ingestion, client_of(redis_url, ingestion) as client:
        url = client.post("/api/v1/forecasts", json=BODY).headers["Location"]
        answer = client.get(f"{url}?fields=distribution.end,chances,risk.volatility_pct,sample_paths.dates").json
        wrong = client.get(f"{url}?fields=distribution.ends")
    assert (answer.pop("request_id"), answer.pop("status")) == (url.split("/")[-1], "done")
    assert answer == {
        "distribution": {"end": STORED["distribution"]["end"]},
        "chances": STORED["chances"],
        "risk": {"volatility_pct": STORED["risk"]["volatility_pct"]},
        "sample_paths": {"dates": STORED["sample_paths"]["dates"]},
    }
    check_problem(wrong, 400, "invalid_request")
    assert wrong.json["detail"].endswith("Did you mean distribution.end?")


def test_a_batch_returns_the_distribution_with_its_results(batch):
    client, url = batch
    whole = client.get(f"{url}?results=true").json["forecasts"][0]["result"]
    part = client.get(f"{url}?fields=chances.above_last_close").json["forecasts"][0]["result"]
    assert {name: whole[name] for name in ("distribution", "chances", "risk", "sample_paths")} == {
        name: STORED[name] for name in ("distribution", "chances", "risk", "sample_paths")
    }
    assert part == {"chances": {"above_last_close": STORED["chances"]["above_last_close"]}}


def test_chances_and_risk_are_columns_of_a_batch_and_percentiles_are_not(batch):
    client, url = batch
    (row,) = csv.DictReader(io.StringIO(client.get(f"{url}?format=csv&fields=chances,risk").text))
    for name in ("chances", "risk"):
        assert {key: float(row[f"{name}.{key}"]) for key in STORED[name]} == STORED[name]
    refused = client.get(f"{url}?format=csv&fields=distribution")
    check_problem(refused, 400, "invalid_request")
    assert refused.json["detail"] == "distribution cannot be a CSV column. Leave it out, or request JSON."


def test_chances_are_answered_as_soon_as_the_stream_of_events_ends(redis_stores, redis_url):
    with serving(finishing(redis_stores, [], RESULT)) as ingestion, client_of(redis_url, ingestion) as client:
        url = client.post("/api/v1/forecasts", json=BODY, headers={"Prefer": "wait=0"}).headers["Location"]
        name, document = events_in(client.get(f"{url}/events").text)[-1]
        answer = client.get(f"{document['url']}/chances?above=450")
    assert (name, document["status"], answer.status_code) == ("end", "done", 200)
