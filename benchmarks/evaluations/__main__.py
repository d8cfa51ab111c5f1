"""``python -m benchmarks.evaluations [--walks N] [--series N]``: whether evaluations find what is known to be true.

All models are evaluated on random walks, on which no model is better than the last price, and on series with a yearly
season, a damped trend and GARCH noise, on each of which one model is known to be better. The seconds are those of 40
forecasts from ten years of the sample's prices.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from typing import Any

from benchmarks.evaluations.made_up import Closes, damped_trend, evaluation_of, garch_noise, row_of, walk, yearly_season
from benchmarks.price_files import read_sample_closes
from benchmarks.report import parser, report
from common.domain.evaluations.question import BUILT_IN
from common.domain.evaluations.result import Evaluation

TRUTHS: dict[str, tuple[Callable[[int], Closes], str, dict[str, Any]]] = {
    "season": (lambda seed: yearly_season(seed=seed), "prophet", {"days": 60, "origins": 12}),
    "damped": (lambda seed: damped_trend(seed=seed), "ets", {"days": 3, "origins": 50}),
    "garch": (lambda seed: garch_noise(900, seed), "garch", {"days": 1, "origins": 150}),
}
"""The series of a seed, the model that is better, and the rest of the question."""


def main() -> None:
    """Evaluate and report."""
    options = _options()
    figures: dict[str, Any] = {"random_walks": _walks(options.walks, options.origins)}
    for name, (series, model, asked) in TRUTHS.items():
        found = [evaluation_of(series(seed), models=(model,), **asked) for seed in range(options.series)]
        figures[name] = {
            "series": options.series,
            f"{model}_better": sum(row_of(each, model).verdict == "better" for each in found),
        }
    figures["seconds"] = _seconds()
    report(figures, options.json)


def _options() -> argparse.Namespace:
    options = parser(__doc__)
    options.add_argument("--walks", type=int, default=200, help="random walks (default: 200)")
    options.add_argument("--origins", type=int, default=20, help="origins in each walk (default: 20)")
    options.add_argument("--series", type=int, default=20, help="series of each other kind (default: 20)")
    return options.parse_args()


def _walks(count: int, origins: int) -> dict[str, Any]:
    found = [evaluation_of(walk(400, seed), models=BUILT_IN, origins=origins) for seed in range(count)]
    return {
        "walks": count,
        "with_a_better_model": sum(bool(_with_verdict(each, "better")) for each in found),
        "better": dict(Counter(name for each in found for name in _with_verdict(each, "better"))),
        "worse": dict(Counter(name for each in found for name in _with_verdict(each, "worse"))),
        "failed": sum(row.failure is not None for each in found for row in each.models),
    }


def _with_verdict(evaluation: Evaluation, verdict: str) -> list[str]:
    return [row.name for row in evaluation.models if row.verdict == verdict]


def _seconds() -> dict[str, float]:
    """Return the seconds of 40 forecasts of each model, a month ahead."""
    closes = next(iter(read_sample_closes().values())).to_numpy(dtype="float64")
    found = evaluation_of(closes, models=BUILT_IN, days=30, origins=40)
    return {row.name: float(row.seconds or 0.0) for row in found.models}


if __name__ == "__main__":
    main()
