"""Evaluations over HTTP, with real Redis, S3 and worker processes."""

import time
from datetime import UTC, datetime

import pytest

from benchmarks.evaluations.made_up import history_of, walk
from common.domain.evaluations.question import BUILT_IN, DEFAULT_MODELS
from common.domain.kinds import CostClass
from common.s3.price_store import PriceStore, make_s3_client
from test_support.waiting import until
from tests.integration.project import test_kinds
from webserver import app as web_app
from webserver.settings import WebSettings

loop, pools = test_kinds.loop, test_kinds.pools
PATIENCE_S = test_kinds.PATIENCE_S
URL = "/api/v1/evaluations"


@pytest.fixture
def client(loop, redis_stores, redis_url, s3_bucket, pools):
    s3 = make_s3_client()
    store = PriceStore(s3, s3_bucket)
    for ticker, rows in (("AAPL", 600), ("NEW", 100)):
        store.write(history_of(walk(rows), ticker), fetched_at=datetime.now(UTC), replacing=None)
    with test_kinds.services(loop, redis_stores, store, pools) as ingestion:
        app = web_app.create_app(WebSettings(redis_url=redis_url, ingestion_address=ingestion))
        with app.test_client() as client:
            yield client
            test_kinds.cancel_all(redis_stores)
    s3.close()


def ask(client, *, wait="wait=60", **question):
    return client.post(URL, json={"ticker": "AAPL"} | question, headers={"Prefer": wait})


def test_an_evaluation_is_answered_end_to_end(client):
    answer = ask(client, days=7, models=["drift", "ets"], origins=10, rule={})
    assert (answer.status_code, answer.json["status"]) == (200, "done")
    assert [row["name"] for row in answer.json["models"]] == ["last_price", "drift", "ets"]
    assert [row["failure"] for row in answer.json["models"]] == [None] * 3
    assert client.get(f"{URL}/{answer.json['request_id']}").json == answer.json
    again = ask(client, days=7, models=["drift", "ets", "drift"], origins=10.0, rule={"bound": 0.5})
    assert again.json["models"] == answer.json["models"], "an equal question has the stored result"


@pytest.mark.parametrize(
    ("question", "status", "code", "words"),
    [
        ({"models": ["holt"]}, 400, "unknown_model", "No model is called holt."),
        ({"ticker": "NEW"}, 422, "too_little_data", "NEW has 100 values, and 40 origins"),
        ({"split": 0.99}, 400, "invalid_request", "split must be a number from 0.5 to 0.95"),
        ({"field": "shares"}, 400, "invalid_request", "field must be close, open, high, low or volume"),
        (
            {"models": []},
            400,
            "invalid_request",
            'models must be a list of 1 to 12 texts of at most 51 characters such as ["blend", "ets"]; you sent',
        ),
        ({"models": ["Not A Name"]}, 400, "invalid_request", "models must be a list"),
        ({"others": ["A", "B C"]}, 400, "invalid_request", "others must be a list"),
        ({"others": ["SPY", "aapl"]}, 400, "invalid_request", "others has AAPL, the stock that is forecast."),
        ({"days": 1000}, 400, "invalid_days", "days must be a whole number from 1 to 730"),
    ],
)
def test_a_wrong_question_is_refused_with_a_reason(client, question, status, code, words):
    answer = ask(client, **question)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.json["detail"].startswith(words)


def test_the_models_are_listed_with_those_that_the_operator_added(client, redis_stores):
    listed = client.get(f"{URL}/models").json["models"]
    assert [model["name"] for model in listed] == list(BUILT_IN)
    assert [model["name"] for model in listed if model["usual"]] == list(DEFAULT_MODELS)
    redis_stores.user_models.advertise(["usual_move", "another"])
    added = client.get(f"{URL}/models").json["models"][len(BUILT_IN) :]
    assert added == [{"name": name, "built_in": False, "usual": False} for name in ("another", "usual_move")]


def test_an_evaluation_follows_the_prices_of_other_stocks(client, s3_bucket):
    def leads(rows, seed):
        s3 = make_s3_client()
        store = PriceStore(s3, s3_bucket)
        before = store.read("SPY")
        facts = before.facts if before else None
        store.write(history_of(walk(rows, seed), "SPY"), fetched_at=datetime.now(UTC), replacing=facts)
        s3.close()

    asked = {"days": 7, "models": ["regression"], "others": ["SPY"], "origins": 5}
    leads(600, seed=2)
    first, again = ask(client, **asked).json, ask(client, **asked).json
    assert scores(first) == scores(again)
    leads(600, seed=3)
    assert scores(ask(client, **asked).json) != scores(first)


def scores(answer):
    return [row["forecasts"] for row in answer["models"]]


def test_cancelling_kills_the_work(client, pools):
    request_id = ask(client, wait="wait=0", models=["arima"], origins=250).json["request_id"]
    step = "ARIMA, origin "
    until(
        lambda: (client.get(f"{URL}/{request_id}").json["step"] or "").startswith(step), PATIENCE_S, "it does not begin"
    )
    (worker,) = pools[CostClass.LONG]._workers
    (process,) = worker._pool._pool_manager.worker_manager.workers.values()
    asked = time.monotonic()
    assert client.delete(f"{URL}/{request_id}").json["status"] == "cancelled"
    until(lambda: not process.is_alive(), PATIENCE_S, "the process goes on")
    assert client.get(f"{URL}/{request_id}").status_code == 410
    print(f"cancelled after {time.monotonic() - asked:.2f} seconds")
