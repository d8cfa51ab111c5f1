"""A language model that lies never gets a text through: over HTTP, with a real Redis."""

from __future__ import annotations

import json

import pytest
from prometheus_client import REGISTRY

from common.domain.errors import LanguageModelUnavailable, ModelTextRefused
from test_support.sources.model_server import saying, writing
from test_support.sources.source_server import answering
from tests.integration.webserver.language_model.conftest import TRUE, text_after

LIES = {
    "a digit": "The price fell by 4 and {move_day}.",
    "a digit inside a slot": "The price fell by {move_day1}.",
    "a full-width digit": "The price fell by ４ and {move_day}.",
    "an Arabic digit": "The price fell by ٤ and {move_day}.",
    "a Devanagari digit": "The price fell by ४ and {move_day}.",
    "a superscript": "The price fell by ² and {move_day}.",
    "a fraction": "The price fell by ½ and {move_day}.",
    "a circled number": "The price fell by ⑫ and {move_day}.",
    "a Roman numeral's character": "The price fell by Ⅻ and {move_day}.",
    "a Roman numeral in letters": "The price fell for XII days by {move_day}.",
    "a small Roman numeral": "The price fell for xii days by {move_day}.",
    "a mathematical digit": "The price fell by 𝟜 and {move_day}.",
    "a Chinese number": "The price fell by 四 and {move_day}.",
    "a number word": "The price fell for twelve days by {move_day}.",
    "a number word with a hyphen": "The price fell for twenty-four days by {move_day}.",
    "a number word in capitals": "TWELVE days of losses came to {move_day}.",
    "a spaced number word": "The price fell for t w e l v e days by {move_day}.",
    "double": "The day's move of {move_day} was double the usual move.",
    "half": "The stock lost half and {move_day}.",
    "percent": "The price fell some percent, by {move_day}.",
    "a percent sign": "The price fell by {move_day}%.",
    "a minus before a slot": "The price moved by minus {move_day}.",
    "an unknown slot": "The price fell by {target_price}.",
    "no slot": "The price fell a lot.",
    "a slot in a slot": "The price fell by {{move_day}}.",
    "a wrong direction": "The price rose by {move_day}.",
    "another wrong direction": "The price lost {move_month} over the month.",
    "a hidden negation": "The price never fell by {move_day}.",
    "a wrong size": "Volume was quiet at {volume}.",
    "a wrong subject": "Volatility was {volume} the usual.",
    "advice to buy": "Buy the stock, as the price fell by {move_day}.",
    "advice to sell": "It is time to take profits as the price fell by {move_day}.",
    "hidden advice": "The price fell by {move_day}, an attractive entry for patient holders.",
    "a prediction": "The price fell by {move_day} and will recover.",
    "a hidden prediction": "The price fell by {move_day} and is poised for more.",
    "an invented cause": "The price fell by {move_day} because the chief executive left.",
    "an invented event": "The price fell by {move_day} as the lawsuit began.",
    "a link": "The price fell by {move_day}, see https://evil.example.",
    "a bare link": "The price fell by {move_day}, see evil.example/win.",
    "HTML": "The price <script>alert(document)</script> fell by {move_day}.",
    "an entity": "The price &lt; fell by {move_day}.",
    "Markdown": "The price **fell** by {move_day}.",
    "a Markdown link": "The price [fell](evil) by {move_day}.",
    "a control character": "The price fell\u0007 by {move_day}.",
    "a bidirectional override": "The price fell by \u202e{move_day}\u202c.",
    "a zero-width space": "The price f\u200bell by {move_day}.",
    "a NUL": "The price fell by \u0000.",
    "a homoglyph": "The pri\u0441e fell by {move_day}.",
    "Cyrillic": "Цена упала на {move_day}.",
    "an emoji": "The price fell by {move_day} \U0001f680.",
    "a line break": "The price fell\nby {move_day}.",
    "too long": "The price fell" + " and fell" * 50 + " by {move_day}.",
}
FORMS = {
    "text": "The price fell by {move_day}.",
    "broken JSON": '{"sentences": ["The price fell by {move_day}."',
    "a list": json.dumps(TRUE),
    "another field": json.dumps({"sentences": TRUE, "summary": "Buy."}),
    "a number": json.dumps({"sentences": [*TRUE, 4]}),
    "nothing": json.dumps({"sentences": []}),
    "one sentence": json.dumps({"sentences": TRUE[:1]}),
    "too many": json.dumps({"sentences": [*TRUE] * 4}),
    "a code fence": f"```json\n{json.dumps({'sentences': TRUE})}\n```",
    "a repeated name": '{"sentences": [], "sentences": ' + json.dumps(TRUE) + "}",
    "deep JSON": "[" * 5000,
    "a surrogate": '{"sentences": ["\\ud800 {move_day}.", "b", "c"]}',
}
assert len(LIES) + len(FORMS) >= 40


def texts(outcome):
    """Return the number of texts with an outcome."""
    return REGISTRY.get_sample_value("stockcast_model_texts_total", {"outcome": outcome}) or 0


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_no_lie_gets_through(make_writer, model_server, lie):
    model_server.handle = writing(*TRUE, lie)
    before = texts("failed_check"), texts("refused")
    text = text_after(make_writer())
    assert text.state == "unavailable"
    assert isinstance(text.failure, ModelTextRefused)
    assert text.sentences == ()
    assert (texts("failed_check"), texts("refused")) == (before[0] + 1, before[1])


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_no_answer_of_another_form_gets_through(make_writer, model_server, content):
    model_server.handle = saying(content)
    text = text_after(make_writer())
    assert isinstance(text.failure, ModelTextRefused)
    assert text.sentences == ()


def test_the_refusal_of_a_provider_counts_as_another_outcome_than_a_failed_check(make_writer, model_server):
    model_server.handle = answering(401, b'{"error": "no key"}')
    before = texts("failed_check"), texts("refused")
    text = text_after(make_writer())
    assert isinstance(text.failure, LanguageModelUnavailable)
    assert (texts("failed_check"), texts("refused")) == (before[0], before[1] + 1)


def test_a_true_text_gets_through_with_the_numbers_of_the_facts(make_writer, model_server):
    model_server.handle = writing(*TRUE)
    text = text_after(make_writer())
    assert (text.state, text.model) == ("ready", "small-model")
    assert text.sentences[0].text == "The price fell by 3.2 % to a close of 182.50 USD."
    assert text.sentences[0].facts == ("move_day", "last_close")


def test_the_model_receives_the_facts_and_neither_ticker_nor_key_in_its_messages(make_writer, model_server):
    model_server.handle = writing(*TRUE)
    text_after(make_writer())
    (body,) = model_server.bodies
    assert b"AAPL" not in body
    assert b"s3cret" not in body
    assert json.loads(json.loads(body)["messages"][1]["content"])[0]["id"] == "move_day"
