"""The summary of an evaluation: a sentence or two."""

from __future__ import annotations

from collections.abc import Sequence

from common.domain.evaluations.result import ModelScores


def summary_of(rows: Sequence[ModelScores]) -> str:
    """Return which models are better or worse than the last price, and which failed."""
    better = [row.label for row in rows if row.verdict == "better"]
    worse = [row.label for row in rows if row.verdict == "worse"]
    failed = [row.label for row in rows if row.failure]
    sentences = []
    if better:
        sentences.append(f"{_listed(better)} forecast better than the last price here.")
    elif any(row.verdict for row in rows):
        sentences.append("No model forecasts better than the last price here, as far as these tests can tell.")
    else:
        sentences.append("No model was compared with the last price.")
    if worse:
        sentences.append(f"{_listed(worse)} forecast worse.")
    if failed:
        sentences.append(f"{_listed(failed)} failed.")
    return " ".join(sentences)


def _listed(labels: list[str]) -> str:
    *others, last = labels
    return f"{', '.join(others)} and {last}" if others else last
