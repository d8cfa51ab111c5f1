"""The summary of an evaluation: a sentence or two."""

from __future__ import annotations

from collections.abc import Sequence

from common.domain.evaluations.result import ModelScores


def summary_of(rows: Sequence[ModelScores], yardstick: str) -> str:
    """Return which models are better or worse than the last price, and which failed.

    Args:
        rows: the models with their scores.
        yardstick: the name for people of the model with which the others are compared.
    """
    better = [row.label for row in rows if row.verdict == "better"]
    worse = [row.label for row in rows if row.verdict == "worse"]
    failed = [row.label for row in rows if row.failure]
    reference = f"the {yardstick[0].lower()}{yardstick[1:]}"
    sentences = []
    if better:
        sentences.append(f"{_listed(better)} forecast{_s(better)} better than {reference} here.")
    elif any(row.verdict for row in rows):
        sentences.append(f"No model forecasts better than {reference} here, as far as these tests can tell.")
    else:
        sentences.append(f"No model was compared with {reference}.")
    if worse:
        sentences.append(f"{_listed(worse)} forecast{_s(worse)} worse.")
    if failed:
        sentences.append(f"{_listed(failed)} failed.")
    return " ".join(sentences)


def _s(labels: list[str]) -> str:
    return "s" if len(labels) == 1 else ""


def _listed(labels: list[str]) -> str:
    *others, last = labels
    return f"{', '.join(others)} and {last}" if others else last
