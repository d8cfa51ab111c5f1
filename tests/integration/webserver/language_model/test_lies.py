"""A language model that lies never gets a text through: over HTTP, with a real Redis."""

from __future__ import annotations

import json

import pytest
from prometheus_client import REGISTRY

from common.domain.errors import ModelTextRefused
from test_support.sources.model_server import saying, writing
from tests.integration.webserver.language_model.conftest import TRUE, text_after

LIES = {
    "a digit": "The price fell by 4 and {day_move}.",
    "a digit inside a slot": "The price fell by {day_move1}.",
    "a full-width digit": "The price fell by ４ and {day_move}.",
    "an Arabic digit": "The price fell by ٤ and {day_move}.",
    "a Devanagari digit": "The price fell by ४ and {day_move}.",
    "a superscript": "The price fell by ² and {day_move}.",
    "a fraction": "The price fell by ½ and {day_move}.",
    "a circled number": "The price fell by ⑫ and {day_move}.",
    "a Roman numeral's character": "The price fell by Ⅻ and {day_move}.",
    "a Roman numeral in letters": "The price fell for XII days by {day_move}.",
    "a small Roman numeral": "The price fell for xii days by {day_move}.",
    "a mathematical digit": "The price fell by 𝟜 and {day_move}.",
    "a Chinese number": "The price fell by 四 and {day_move}.",
    "a number word": "The price fell for twelve days by {day_move}.",
    "a number word with a hyphen": "The price fell for twenty-four days by {day_move}.",
    "a number word in capitals": "TWELVE days of losses came to {day_move}.",
    "a spaced number word": "The price fell for t w e l v e days by {day_move}.",
    "double": "The day's move of {day_move} was double the usual move.",
    "half": "The stock lost half and {day_move}.",
    "percent": "The price fell some percent, by {day_move}.",
    "a percent sign": "The price fell by {day_move}%.",
    "a minus before a slot": "The price moved by minus {day_move}.",
    "an unknown slot": "The price fell by {target_price}.",
    "no slot": "The price fell a lot.",
    "a slot in a slot": "The price fell by {{day_move}}.",
    "a wrong direction": "The price rose by {day_move}.",
    "another wrong direction": "The price lost {month_move} over the month.",
    "a hidden negation": "The price never fell by {day_move}.",
    "a wrong size": "Volume was quiet at {volume_ratio}.",
    "a wrong subject": "Volatility was {volume_ratio} the usual.",
    "advice to buy": "Buy the stock, as the price fell by {day_move}.",
    "advice to sell": "It is time to take profits as the price fell by {day_move}.",
    "hidden advice": "The price fell by {day_move}, an attractive entry for patient holders.",
    "a prediction": "The price fell by {day_move} and will recover.",
    "a hidden prediction": "The price fell by {day_move} and is poised for more.",
    "an invented cause": "The price fell by {day_move} because the chief executive left.",
    "an invented event": "The price fell by {day_move} as the lawsuit began.",
    "a link": "The price fell by {day_move}, see https://evil.example.",
    "a bare link": "The price fell by {day_move}, see evil.example/win.",
    "HTML": "The price <script>alert(document)</script> fell by {day_move}.",
    "an entity": "The price &lt; fell by {day_move}.",
    "Markdown": "The price **fell** by {day_move}.",
    "a Markdown link": "The price [fell](evil) by {day_move}.",
    "a control character": "The price fell\u0007 by {day_move}.",
    "a bidirectional override": "The price fell by \u202e{day_move}\u202c.",
    "a zero-width space": "The price f\u200bell by {day_move}.",
    "a NUL": "The price fell by \u0000.",
    "a homoglyph": "The pri\u0441e fell by {day_move}.",
    "Cyrillic": "Цена упала на {day_move}.",
    "an emoji": "The price fell by {day_move} \U0001f680.",
    "a line break": "The price fell\nby {day_move}.",
    "too long": "The price fell" + " and fell" * 50 + " by {day_move}.",
}
FORMS = {
    "text": "The price fell by {day_move}.",
    "broken JSON": '{"sentences": ["The price fell by {day_move}."',
    "a list": json.dumps(TRUE),
    "another field": json.dumps({"sentences": TRUE, "summary": "Buy."}),
    "a number": json.dumps({"sentences": [*TRUE, 4]}),
    "nothing": json.dumps({"sentences": []}),
    "one sentence": json.dumps({"sentences": TRUE[:1]}),
    "too many": json.dumps({"sentences": [*TRUE] * 4}),
    "a code fence": f"```json\n{json.dumps({'sentences': TRUE})}\n```",
    "a repeated name": '{"sentences": [], "sentences": ' + json.dumps(TRUE) + "}",
    "deep JSON": "[" * 5000,
    "a surrogate": '{"sentences": ["\\ud800 {day_move}.", "b", "c"]}',
}
assert len(LIES) + len(FORMS) >= 40


def refusals():
    return REGISTRY.get_sample_value("stockcast_model_texts_total", {"outcome": "refused"}) or 0


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_no_lie_gets_through(make_writer, model_server, lie):
    model_server.handle = writing(*TRUE, lie)
    before = refusals()
    text = text_after(make_writer())
    assert text.state == "unavailable"
    assert isinstance(text.failure, ModelTextRefused)
    assert text.sentences == ()
    assert refusals() == before + 1


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_no_answer_of_another_form_gets_through(make_writer, model_server, content):
    model_server.handle = saying(content)
    text = text_after(make_writer())
    assert isinstance(text.failure, ModelTextRefused)
    assert text.sentences == ()


def test_a_true_text_gets_through_with_the_numbers_of_the_facts(make_writer, model_server):
    model_server.handle = writing(*TRUE)
    text = text_after(make_writer())
    assert (text.state, text.model) == ("ready", "small-model")
    assert text.sentences[0].text == "The price fell by 3.2 % to a close of 182.50 USD."
    assert text.sentences[0].facts == ("day_move", "last_close")


def test_the_model_receives_the_facts_and_neither_ticker_nor_key_in_its_messages(make_writer, model_server):
    model_server.handle = writing(*TRUE)
    text_after(make_writer())
    (body,) = model_server.bodies
    assert b"AAPL" not in body
    assert b"s3cret" not in body
    assert json.loads(json.loads(body)["messages"][1]["content"])[0]["id"] == "day_move"
