"""The questions of the commands evaluate and patterns."""

from __future__ import annotations

import argparse
from typing import Any

from common.domain.errors import InvalidRequest
from common.domain.evaluations.question import EvaluationQuestion
from common.domain.patterns.questions import PatternQuestion
from common.domain.questions import validate_as

_EVALUATION_OPTIONS = ("ticker", "days", "models", "origins", "field", "level", "split", "others")


def evaluation_question(options: argparse.Namespace) -> EvaluationQuestion:
    """Return the question of the options.

    Raises:
        BadRequest: an option is not valid.
    """
    chosen = {name: getattr(options, name) for name in _EVALUATION_OPTIONS if getattr(options, name) is not None}
    if options.hold_above is not None:
        cost = {} if options.cost is None else {"cost_pct": options.cost}
        chosen["rule"] = {"bound": options.hold_above, **cost}
    elif options.cost is not None:
        raise InvalidRequest("--cost is the cost of a trading rule. Add --hold-above, such as --hold-above 0.5.")
    return validate_as(EvaluationQuestion, chosen)


def pattern_question(options: argparse.Namespace) -> PatternQuestion:
    """Return the question of the options.

    Raises:
        BadRequest: an option is not valid.
    """
    patterns: list[dict[str, Any]] = [
        {"type": "candles", "candles": text, "every": options.every} for text in options.candles
    ]
    turns = [options.turn] if options.turn else ["up", "down"]
    patterns += [{"type": "turnaround", "turn": turn, **size} for size in options.turnaround for turn in turns]
    similarity = {} if options.similarity is None else {"similarity": options.similarity}
    patterns += [{"type": "shape", "dtw": options.dtw, **similarity, **shape} for shape in options.shape]
    if not patterns:
        raise InvalidRequest("There is no pattern. Add --candles, --turnaround or --shape; --help has examples.")
    where = options.where or []
    tickers = [] if where == ["all"] else where
    return validate_as(
        PatternQuestion,
        {"ticker": options.ticker, "patterns": patterns, "tickers": tickers, "all": where == ["all"]},
    )
