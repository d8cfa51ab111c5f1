"""What happens when a language model is away, slow, over budget or hostile, and how processes share its texts."""

from __future__ import annotations

import logging
import threading

import pytest

from common.domain.errors import LanguageModelOverBudget, LanguageModelUnavailable, ModelTextRefused
from common.redis.token_budget import OverBudget
from common.runtime.version import USER_AGENT
from test_support.network.ports import free_port
from test_support.sources.model_server import saying, writing
from test_support.sources.source_server import answering, dripping, dripping_headers, flooding, resetting
from test_support.waiting import until
from tests.integration.webserver.language_model.conftest import DAILY_TOKENS, FACTS, KEY, TRUE, text_after
from webserver.insights.language_model.prompt import estimate_tokens, make_messages
from webserver.insights.language_model.writer import LanguageModel

ESTIMATE = estimate_tokens(make_messages(FACTS))


def tokens_of(redis_client):
    """Return the tokens of today's budget that are spent or reserved."""
    (key,) = redis_client.keys("model_tokens:*")
    return sum(map(int, redis_client.hvals(key)))


def test_without_a_model_nothing_is_written(redis_stores):
    off = LanguageModel(None, redis_stores.model_texts, redis_stores.token_budget, None, 0)
    assert off.text_about("AAPL", "revision", FACTS).state == "off"


def test_without_facts_no_model_is_asked(make_writer):
    assert make_writer().text_about("AAPL", "revision", ()).state == "off"


def test_a_page_does_not_wait_for_the_model(make_writer, model_server):
    may_answer = threading.Event()

    def handle(request):
        may_answer.wait()
        writing(*TRUE)(request)

    model_server.handle = handle
    writer = make_writer()
    assert writer.text_about("AAPL", "revision", FACTS).state == "writing"
    assert writer.text_about("AAPL", "revision", FACTS).state == "writing"
    may_answer.set()
    assert text_after(writer).state == "ready"
    assert len(model_server.bodies) == 1


def test_processes_share_one_call_and_one_text(make_writer, model_server):
    may_answer = threading.Event()

    def handle(request):
        may_answer.wait()
        writing(*TRUE)(request)

    model_server.handle = handle
    writers = [make_writer() for _ in range(4)]
    for writer in writers:
        assert writer.text_about("AAPL", "revision", FACTS).state == "writing"
    until(lambda: model_server.bodies)
    may_answer.set()
    assert {text_after(writer).state for writer in writers} == {"ready"}
    assert len(model_server.bodies) == 1


def test_newer_prices_and_other_facts_get_a_text_of_their_own(make_writer, model_server):
    model_server.handle = writing(*TRUE)
    writer = make_writer()
    text_after(writer)
    text_after(writer, "newer")
    assert writer.text_about("AAPL", "newer", FACTS[:3]).state == "writing"
    until(lambda: len(model_server.bodies) == 3)


@pytest.mark.parametrize(
    ("handle", "timeout_s"),
    [
        (answering(500, b"{}"), 20),
        (answering(503, b"{}", Retry_After="7"), 20),
        (answering(429, b"{}", Retry_After="7"), 20),
        (answering(429, b"{}"), 20),
        (answering(401, b'{"error": "no key"}'), 20),
        (answering(404, b"not here"), 20),
        (answering(302, b"", Location="http://127.0.0.1:9/"), 20),
        (answering(204, b""), 20),
        (answering(200, b""), 20),
        (answering(200, b"<html>"), 20),
        (answering(200, b"{}"), 20),
        (answering(200, b'{"choices": []}'), 20),
        (answering(200, b'{"choices": [{"message": {"content": null}}]}'), 20),
        (answering(200, b"[" * 100_000), 20),
        (answering(200, b"\xff\xfe"), 20),
        (answering(200, b"{", length=1000), 1),
        (resetting, 20),
        (flooding, 20),
        (dripping(b"x" * 5000), 1),
        (dripping_headers(b"{}"), 1),
    ],
    ids=[
        *("500", "503", "429", "429 without a time", "401", "404", "a redirect", "204", "empty", "HTML", "no choices"),
        *(
            "empty choices",
            "no content",
            "deep JSON",
            "no UTF-8",
            "cut off",
            "a reset",
            "a huge body",
            "an endless body",
        ),
        "endless headers",
    ],
)
def test_a_model_that_gives_no_text_is_a_sentence_and_a_code(make_writer, model_server, handle, timeout_s):
    model_server.handle = handle
    text = text_after(make_writer(timeout_s=timeout_s))
    assert (text.state, text.sentences) == ("unavailable", ())
    assert isinstance(text.failure, LanguageModelUnavailable)
    assert "The sentences are made without it." in text.failure.detail
    assert len(model_server.asked) == 1


def test_a_model_that_is_away_costs_no_tokens(make_writer, redis_client):
    text = text_after(make_writer(url=f"http://127.0.0.1:{free_port()}/v1"))
    assert isinstance(text.failure, LanguageModelUnavailable)
    assert tokens_of(redis_client) == 0


def test_after_failures_in_a_row_the_model_is_left_alone(make_writer, model_server):
    model_server.handle = answering(500, b"{}")
    writer = make_writer()
    for revision in "abcde":
        text_after(writer, revision)
    assert len(model_server.asked) == 3


def test_a_model_that_names_a_pause_gets_it(make_writer, model_server):
    model_server.handle = answering(429, b"{}", Retry_After="500")
    writer = make_writer()
    text_after(writer, "a")
    assert text_after(writer, "b").failure.retry_after_s > 400
    assert len(model_server.asked) == 1


def test_stated_tokens_replace_the_reserved_ones(make_writer, model_server, redis_client):
    model_server.handle = writing(*TRUE)
    text_after(make_writer())
    assert tokens_of(redis_client) == 900


@pytest.mark.parametrize(
    ("stated", "counted"),
    [(None, ESTIMATE), (-5, ESTIMATE), ("many", ESTIMATE), (True, ESTIMATE), (9_999_999, 10 * ESTIMATE)],
)
def test_a_wrong_use_of_tokens_does_not_empty_or_fill_the_budget(
    make_writer, model_server, redis_client, stated, counted
):
    model_server.handle = saying("no text", stated)
    assert isinstance(text_after(make_writer()).failure, ModelTextRefused)
    assert tokens_of(redis_client) == counted


def test_a_call_that_the_budget_does_not_allow_is_not_made(make_writer, model_server):
    text = text_after(make_writer(daily_tokens=ESTIMATE - 1))
    assert isinstance(text.failure, LanguageModelOverBudget)
    assert model_server.asked == []


def test_concurrent_calls_do_not_exceed_the_budget(redis_stores, redis_client):
    budget = redis_stores.token_budget
    got = []
    threads = [threading.Thread(target=lambda: got.append(budget.reserve("model", 10, 95))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reserved = [one for one in got if not isinstance(one, OverBudget)]
    assert len(reserved) == 9
    budget.settle(reserved[0], 3)
    budget.settle(reserved[0], 3)
    assert tokens_of(redis_client) == 83
    assert isinstance(budget.reserve("model", 13, 95), OverBudget)
    assert not isinstance(budget.reserve("model", 12, 95), OverBudget)


def test_no_log_line_and_no_repr_has_the_key(make_writer, model_server, caplog):
    caplog.set_level(logging.DEBUG)
    for revision, handle in enumerate([writing(*TRUE), answering(401, KEY.encode()), resetting]):
        model_server.handle = handle
        text_after(make_writer(), str(revision))
    headers = model_server.asked[0][1]
    assert (headers["Authorization"], headers["User-Agent"]) == (f"Bearer {KEY}", USER_AGENT)
    assert KEY not in caplog.text
    assert KEY not in repr(make_writer()._client)


def test_a_damaged_text_is_written_again(make_writer, model_server, redis_client):
    model_server.handle = writing(*TRUE)
    writer = make_writer()
    text_after(writer)
    (key,) = redis_client.keys("model_text:*")
    redis_client.set(key, b"{")
    assert text_after(writer).state == "ready"
    assert len(model_server.bodies) == 2


def test_the_budget_is_large_enough_for_one_call():
    assert ESTIMATE < DAILY_TOKENS
