"""The questions and the reports of the commands evaluate and patterns."""

from __future__ import annotations

from typing import Any

import pytest

from cli.analyses.evaluation_report import format_evaluation
from cli.analyses.pattern_report import format_patterns
from cli.analyses.questions import evaluation_question, pattern_question
from cli.arguments.parser import parser
from cli.output.tables import format_table
from cli.output.terminal import Paint
from common.domain.errors import BadRequest
from common.domain.evaluations.result import Evaluation, Holding, ModelScores, RowFailure, Split
from common.domain.patterns.results import Followed, PatternSearchResult, UnreadStock
from webserver.evaluations.schemas import FinishedEvaluation
from webserver.patterns.schemas import FinishedPatternSearch

EVALUATION = Evaluation.model_validate(FinishedEvaluation.model_json_schema()["examples"][0])
FOUND = PatternSearchResult.model_validate(FinishedPatternSearch.model_json_schema()["examples"][0])
"""The examples of the API's description."""


def asked(*arguments: str) -> dict[str, Any]:
    options = parser().parse_args(arguments)
    build = evaluation_question if options.command == "evaluate" else pattern_question
    return build(options).canonical


def test_an_evaluation_without_options_is_that_of_the_api() -> None:
    assert asked("evaluate", "aapl") == {
        "kind": "evaluation",
        "ticker": "AAPL",
        "field": "close",
        "days": 30,
        "models": ["last_price", "drift", "blend", "prophet", "ets"],
        "origins": 40,
        "level": 0.8,
        "others": [],
        "split": None,
        "rule": None,
    }


def test_the_options_of_an_evaluation_are_in_its_question() -> None:
    question = asked(
        *("evaluate", "AAPL", "--days", "21", "--models", "ets, prophet:0.5", "--origins", "12", "--level", "0.9"),
        *("--field", "high", "--split", "0.8", "--others", "MSFT,IBM", "--hold-above", "0.55", "--cost", "0.2"),
    )
    assert question == {
        "kind": "evaluation",
        "ticker": "AAPL",
        "field": "high",
        "days": 21,
        "models": ["ets", "prophet:0.5"],
        "origins": 12,
        "level": 0.9,
        "others": ["MSFT", "IBM"],
        "split": 0.8,
        "rule": {"bound": 0.55, "cost_pct": 0.2},
    }


def test_the_patterns_of_all_options_are_in_the_question() -> None:
    question = asked(
        *("patterns", "AAPL", "--candles", "G G G R", "--candles", "hammer", "--every", "week"),
        *("--turnaround", "5%", "--turnaround", "6moves", "--turn", "up"),
        *("--shape", "2012-01-03..2012-03-30", "--dtw", "--similarity", "0.8", "--in", "MSFT,IBM"),
    )
    assert question["patterns"] == [
        {"type": "candles", "candles": "G G G R", "every": "week"},
        {"type": "candles", "candles": "hammer", "every": "week"},
        {"type": "turnaround", "turn": "up", "percent": 5.0},
        {"type": "turnaround", "turn": "up", "usual_moves": 6.0},
        {"type": "shape", "start": "2012-01-03", "end": "2012-03-30", "similarity": 0.8, "dtw": True},
    ]
    assert question["tickers"] == ["MSFT", "IBM"]


def test_a_turnaround_is_searched_in_both_directions() -> None:
    question = asked("patterns", "AAPL", "--turnaround", "5%", "--in", "all")
    assert [one["turn"] for one in question["patterns"]] == ["up", "down"]
    assert question["all"] is True


def test_a_shape_may_be_numbers() -> None:
    numbers = [float(each % 4) for each in range(12)]
    question = asked("patterns", "AAPL", "--shape", ",".join(map(str, numbers)))
    assert question["patterns"] == [{"type": "shape", "numbers": numbers}]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "../x"], "ticker"),
        (["evaluate", "AAPL", "--days", "0"], "days must be"),
        (["evaluate", "AAPL", "--models", "ETS!"], "models"),
        (["evaluate", "AAPL", "--cost", "1"], "--hold-above"),
        (["patterns", "AAPL"], "Add --candles, --turnaround or --shape"),
        (["patterns", "AAPL", "--candles", "G G Q"], "Column 5"),
        (["patterns", "AAPL", "--shape", "2012-03-30..2012-01-03"], "Exchange the two days"),
        (["patterns", "AAPL", "--shape", "1,2,3"], "numbers"),
    ],
)
def test_a_wrong_option_is_explained_before_anything_starts(arguments: list[str], said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        asked(*arguments)
    assert said.casefold() in refused.value.detail.casefold()


@pytest.mark.parametrize(
    "arguments", [["--turnaround", "five"], ["--shape", "2012..2013"], ["--in", ","], ["--similarity", "high"]]
)
def test_a_value_in_a_wrong_form_is_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["patterns", "AAPL", *arguments])
    assert ended.value.code == 2


def test_an_evaluation_is_a_table_with_words() -> None:
    models = [
        *EVALUATION.models,
        ModelScores(name="mine", label="mine", failure=RowFailure(code="model_too_slow", detail="It took too long.")),
    ]
    text = format_evaluation(EVALUATION.model_copy(update={"models": models}), Paint())
    head, data, columns, *rows = text.splitlines()
    assert head == (
        f"{EVALUATION.ticker}, {EVALUATION.days} days ahead ({EVALUATION.horizon_trading_days} trading days): "
        f"{len(EVALUATION.origins)} past forecasts of each model"
    )
    assert EVALUATION.source in data
    assert columns.split("  ")[1:] != []
    for model, row in zip(models, rows, strict=False):
        assert row.strip().startswith(model.label)
    assert "the yardstick" in text
    assert any(words in text for words in ("no difference that can be told apart (", "better (", "worse ("))
    assert "failed: It took too long. (model_too_slow)" in text
    assert EVALUATION.summary in text


@pytest.mark.parametrize(("steps", "said"), [(1, "all of the rest was forecast"), (6, "one horizon in 6 was forecast")])
def test_a_split_says_how_much_of_the_rest_was_forecast(steps: int, said: str) -> None:
    split = Split(fraction=0.8, last_of_first=EVALUATION.first, steps_apart=steps, values=[])
    assert said in format_evaluation(EVALUATION.model_copy(update={"split": split}), Paint())


def test_a_trading_rule_stands_beside_buying_and_holding() -> None:
    held = Holding(return_pct=12.3, largest_drawdown_pct=4.5, trades=6, time_held=0.5, difference=None)
    models = [model.model_copy(update={"holding": held}) for model in EVALUATION.models]
    rule = evaluation_question(parser().parse_args(["evaluate", "AAPL", "--hold-above", "0.5"])).rule
    text = format_evaluation(
        EVALUATION.model_copy(update={"models": models, "rule": rule, "buy_and_hold": held}), Paint()
    )
    assert "Hold while the chance of a gain is above 50 %; a trade costs 0.1 %:" in text
    assert "buy and hold" in text
    assert "+12.3 %" in text


def test_patterns_show_both_distributions_and_the_hits() -> None:
    text = format_patterns(FOUND, Paint(), 1)
    first = FOUND.patterns[0]
    assert f"{first.name}: {first.total:,} hit" in text
    assert "after hits" in text
    assert "other days" in text
    assert "median" in text
    assert first.hits[0].ticker in text
    assert str(first.hits[0].begin) in text
    assert all(caveat in text for caveat in FOUND.caveats)


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("better", "higher than on other days"),
        ("worse", "lower than on other days"),
        ("no_difference", "as on any other day"),
        ("too_few", "too few hits to tell"),
    ],
)
def test_the_words_of_a_pattern_are_those_of_its_verdict(verdict: str, words: str) -> None:
    (first, *_) = FOUND.patterns
    followed = [Followed.model_validate(one.model_dump() | {"verdict": verdict}) for one in first.followed]
    found = FOUND.model_copy(update={"patterns": [first.model_copy(update={"followed": followed})]})
    assert f"trading days: {words}" in format_patterns(found, Paint(), 0)


def test_stocks_that_were_not_searched_are_named_with_the_reason() -> None:
    unread = [UnreadStock(ticker=f"S{n}", code="not_daily", detail=f"S{n} has weekly prices.") for n in range(50)]
    searched = FOUND.searched.model_copy(update={"not_searched": 60, "unread": unread})
    lines = format_patterns(FOUND.model_copy(update={"searched": searched}), Paint(), 0).splitlines()
    assert lines[0].endswith("; 60 could not be searched.")
    assert lines[1] == "  S0 has weekly prices."
    assert lines[6] == "  … and 55 more; --json names further ones"


def test_a_pattern_without_hits_has_its_summary() -> None:
    empty = FOUND.patterns[0].model_copy(update={"total": 0, "hits": [], "followed": [], "summary": "Not found."})
    assert "Not found." in format_patterns(FOUND.model_copy(update={"patterns": [empty]}), Paint(), 10)


def test_a_table_aligns_numbers_to_the_right_and_words_to_the_left() -> None:
    rows = [["name", "value", "words"], ["a", "1", "short"], ["b", "failed: a longer text than the columns"]]
    assert format_table(rows, ends_with_words=True) == [
        "  name  value  words",
        "  a         1  short",
        "  b     failed: a longer text than the columns",
    ]
