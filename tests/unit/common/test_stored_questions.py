"""Questions that a newer version stored are shown, although this version cannot process them."""

import json

import pytest

from common.domain.questions import hash_canonical
from common.redis.requests.stored_questions import NewerQuestionError, parse_question, parse_question_for_display

NEWER = {
    "evaluation": {"rule": {"bound": 0.5, "cost_pct": 0.1, "tax_pct": 25.0}},
    "pattern_search": {"patterns": [{"type": "gap", "percent": 3}]},
    "forecast": {"days": 30, "model": "newer"},
}


@pytest.mark.parametrize("kind", NEWER)
def test_a_question_with_values_of_a_newer_version_is_shown_and_left_to_it(kind):
    fields = {"kind": kind, "ticker": "AAPL"} | NEWER[kind]
    text = json.dumps(fields).encode()
    with pytest.raises(NewerQuestionError):
        parse_question(text, hash_canonical(fields).encode())
    shown = parse_question_for_display(text)
    assert (shown.kind, shown.ticker) == (kind, "AAPL")


@pytest.mark.parametrize("kind", [*NEWER, "other"])
def test_a_question_without_a_ticker_is_damaged(kind):
    assert parse_question_for_display(json.dumps({"kind": kind, "ticker": 3}).encode()) is None
