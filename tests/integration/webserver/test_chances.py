"""The probability of any price, answered from a stored result without new work."""

import json

import pytest
import redis

from common.redis.requests.results import Result
from tests.integration.common.test_tcp import serving
from tests.integration.webserver.test_api import BODY, check_problem, client_of, finishing, leave
from webserver.schemas import FinishedForecast

STORED = FinishedForecast.model_json_schema()["examples"][0]
RESULT = Result(json.dumps(STORED).encode(), b"\x89PNG picture")
WITHOUT_DISTRIBUTION = Result(json.dumps({**STORED, "distribution": None}).encode(), b"\x89PNG picture")
OF_AN_EARLIER_VERSION = Result(b'{"ticker": "AAPL", "days": 30}', b"\x89PNG picture")
WRONG = "must be a positive number such as 450; you sent "


@pytest.fixture
def finished(redis_stores, redis_url):
    """A client, and the address of the chances of a finished forecast."""
    with serving(finishing(redis_stores, [], RESULT)) as ingestion, client_of(redis_url, ingestion) as client:
        yield client, client.post("/api/v1/forecasts", json=BODY).headers["Location"] + "/chances"


def test_chances_come_from_the_stored_percentiles(finished):
    client, url = finished
    answer = client.get(f"{url}?above={STORED['distribution']['end'][29]}&touch={STORED['distribution']['lowest'][9]}")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == {
        "request_id": url.split("/")[-2],
        "ticker": "AAPL",
        "target_date": "2013-04-01",
        "last_close": 430.47,
        "currency": "USD",
        "above": {"price": STORED["distribution"]["end"][29], "probability": 0.7},
        "touch": {"price": STORED["distribution"]["lowest"][9], "probability": 0.1},
    }


def test_one_price_is_enough(finished):
    client, url = finished
    above, touch = (client.get(f"{url}?{name}=4.5e2").json for name in ("above", "touch"))
    assert (above["touch"], touch["above"]) == (None, None)
    assert above["above"]["price"] == touch["touch"]["price"] == 450
    assert 0 < above["above"]["probability"] < touch["touch"]["probability"] < 1


def test_the_last_close_is_touched_and_has_the_chance_of_a_gain_above_it(finished):
    client, url = finished
    answer = client.get(f"{url}?above=430.47&touch=430.47").json
    assert answer["touch"]["probability"] == 1
    assert answer["above"]["probability"] == pytest.approx(STORED["chances"]["above_last_close"], abs=0.01)


def test_chances_are_revalidated_and_their_tag_is_that_of_the_prices(finished):
    client, url = finished
    first = client.get(f"{url}?above=450")
    again, head = (
        client.get(f"{url}?above=450.0", headers={"If-None-Match": first.headers["ETag"]}),
        client.head(f"{url}?above=450"),
    )
    others = [client.get(f"{url}?{query}") for query in ("above=451", "touch=450", "above=450&touch=450")]
    assert (again.status_code, again.data, head.status_code, head.data) == (304, b"", 200, b"")
    for answer in (first, again, head):
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["ETag"] == first.headers["ETag"]
    assert len({answer.headers["ETag"] for answer in (first, *others)}) == 4


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("", "No price is given. Send above, touch or both, such as above=450."),
        ("above=", f'above {WRONG}the text "".'),
        ("above=0", f"above {WRONG}0."),
        ("touch=-450", f'touch {WRONG}the text "-450".'),
        ("touch=nan", f'touch {WRONG}the text "nan".'),
        ("touch=1e999", f"touch {WRONG}a number that is not finite."),
        ("touch=1e-999", f"touch {WRONG}0."),
        ("above=1_000", f'above {WRONG}the text "1_000".'),
        ("above=$450", f'above {WRONG}the text "$450".'),
        ("above=1&above=2", 'above is given twice: the text "1" and the text "2". Send it once.'),
        ("above=450&below=1", "Unknown query parameter below. Allowed: above, touch."),
    ],
)
def test_no_positive_number_is_refused_by_its_name(finished, query, detail):
    client, url = finished
    answer = client.get(f"{url}?{query}")
    check_problem(answer, 400, "invalid_request")
    assert answer.json["detail"] == detail


@pytest.mark.parametrize("result", [WITHOUT_DISTRIBUTION, OF_AN_EARLIER_VERSION])
def test_a_result_of_an_earlier_version_has_no_chances(redis_stores, redis_url, result):
    with serving(finishing(redis_stores, [], result)) as ingestion, client_of(redis_url, ingestion) as client:
        url = client.post("/api/v1/forecasts", json=BODY).headers["Location"]
        answer = client.get(f"{url}/chances?above=450")
    check_problem(answer, 404, "not_found")
    assert "before an upgrade" in answer.json["detail"]
    assert "ETag" not in answer.headers


def test_an_unfinished_forecast_has_no_chances_yet(redis_stores, redis_url):
    with serving(leave) as ingestion, client_of(redis_url, ingestion) as client:
        url = client.post("/api/v1/forecasts", json=BODY, headers={"Prefer": "wait=0"}).headers["Location"]
        answer = client.get(f"{url}/chances?above=450")
    check_problem(answer, 404, "not_found")
    assert "not finished" in answer.json["detail"]


def test_a_lost_result_is_a_failure(finished, redis_url):
    _, url = finished
    with redis.Redis.from_url(redis_url) as store:
        store.delete(*store.keys("result:*"))
    with client_of(redis_url) as other:
        check_problem(other.get(f"{url}?above=450"), 500, "forecast_failed")
