"""The text of an evaluation: a table of the models, and the comparison with the last price in words."""

from __future__ import annotations

from cli.output.tables import format_table
from cli.output.terminal import Paint
from common.domain.evaluations.result import Difference, Evaluation, Holding, ModelScores
from common.domain.formats import format_change, format_date, format_days, format_signed

_WORDS = {"better": "better", "worse": "worse", "no_difference": "no difference that can be told apart"}

_TIME_WIDTH = len("999.9 s")
"""The least width of a time, so that tables of the same answer are equal however busy the machine was."""


def format_evaluation(evaluation: Evaluation, paint: Paint) -> str:
    """Return the head, the table, the summary, and the trading rule's table if there is one."""
    field = "" if evaluation.field == "close" else f", {evaluation.field}"
    ahead = f"{format_days(evaluation.days)} ahead ({evaluation.horizon_trading_days} trading days)"
    lines = [
        paint.bold(f"{evaluation.ticker}{field}, {ahead}: {len(evaluation.origins)} past forecasts of each model"),
        *_data_lines(evaluation),
        *format_table([_head(evaluation), *map(_row, evaluation.models)], ends_with_words=True),
        evaluation.summary,
    ]
    return "\n".join([*lines, *_notes(evaluation), *_rule_lines(evaluation)])


def _data_lines(evaluation: Evaluation) -> list[str]:
    dates = f"{format_date(evaluation.first)} to {format_date(evaluation.as_of)}"
    lines = [f"  {evaluation.rows} days of prices from {dates} ({evaluation.source})"]
    if evaluation.split is not None:
        fraction, last = f"{100 * evaluation.split.fraction:g} %", format_date(evaluation.split.last_of_first)
        steps = evaluation.split.steps_apart
        rest = "all of the rest was forecast" if steps == 1 else f"of the rest, one horizon in {steps} was forecast"
        lines.append(f"  no forecast was made in the first {fraction} of them, to {last}; {rest}")
    return lines


def _head(evaluation: Evaluation) -> list[str]:
    held = f"{100 * evaluation.level:g} % held"
    return ["model", "off by", "CRPS", "interval score", held, "time", "beside the last price"]


def _row(model: ModelScores) -> list[str]:
    if model.failure is not None:
        return [model.label, f"failed: {model.failure.detail} ({model.failure.code})"]
    words = "the yardstick" if model.crps_difference is None else _difference_words(model.crps_difference)
    return [
        model.label,
        _percent(model.mae_pct),
        _percent(model.crps_pct),
        _percent(model.interval_score_pct),
        "–" if model.coverage is None else f"{100 * model.coverage:.0f} %",
        "–" if model.seconds is None else f"{model.seconds:.1f} s".rjust(_TIME_WIDTH),
        words,
    ]


def _difference_words(difference: Difference) -> str:
    return f"{_WORDS[difference.verdict]} ({format_signed(difference.mean)} ± {difference.standard_error:.2f})"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} %"


def _notes(evaluation: Evaluation) -> list[str]:
    if not evaluation.compared:
        return []
    number = "one model" if evaluation.compared == 1 else f"{evaluation.compared} models"
    overlap = f"; {evaluation.overlap:.1f} forecasts cover each day" if evaluation.overlap > 1 else ""
    return [
        f"In brackets: the CRPS of the last price minus the model's, with its standard error{overlap}. "
        f"Above 0, the model is better; the words allow for the comparison of {number}."
    ]


def _rule_lines(evaluation: Evaluation) -> list[str]:
    rule, hold = evaluation.rule, evaluation.buy_and_hold
    if rule is None or hold is None:
        return []
    rows = [["rule", "return", "largest fall", "trades", "held", "beside buying and holding"]]
    rows.append(_holding_row("buy and hold", hold))
    rows += [_holding_row(model.label, model.holding) for model in evaluation.models if model.holding]
    head = f"Hold while the chance of a gain is above {100 * rule.bound:g} %; a trade costs {rule.cost_pct:g} %:"
    return ["", head, *format_table(rows, ends_with_words=True), "This is no advice."]


def _holding_row(name: str, holding: Holding) -> list[str]:
    return [
        name,
        format_change(holding.return_pct, 1),
        f"{holding.largest_drawdown_pct:.1f} %",
        str(holding.trades),
        f"{100 * holding.time_held:.0f} %",
        "–" if holding.difference is None else _difference_words(holding.difference),
    ]
