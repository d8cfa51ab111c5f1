"""``python -m benchmarks.sentiment [--simulated N]``: whether the sentiment of the insights foretells anything.

For each series and each sentiment, the figures are those that the insights state beside it: what followed days with the
sentiment, beside what followed all other days, with a standard error that allows for overlap.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.price_files import read_sample_closes
from benchmarks.report import parser, report
from benchmarks.yardsticks.simulated_closes import simulated_closes
from common.insights.history import History
from common.insights.sentiment import MOODS, evidence_of, moods_of
from common.insights.values import SIGNIFICANT

TEN_YEARS = 2520
"""The trading days of the past with which the insights compare."""


def main() -> None:
    """Measure and report."""
    options = parser(__doc__)
    options.add_argument("--simulated", type=int, metavar="N", help="N simulated series in place of the sample")
    chosen = options.parse_args()
    series = simulated_closes(chosen.simulated) if chosen.simulated else read_sample_closes()
    report(_figures(series), chosen.json)


def _figures(series: dict[str, pd.Series]) -> dict[str, object]:
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in MOODS.values()}
    for ticker, closes in series.items():
        last = closes.iloc[-TEN_YEARS:]
        history = History.from_columns(ticker, "benchmark", "", last.index.to_numpy(), {"close": last.to_numpy()})
        moods = moods_of(history)
        for mood, name in MOODS.items():
            evidence = evidence_of(history, moods, mood)
            if evidence is not None and evidence.standard_error_pct:
                found[name].append((evidence.difference_pct, evidence.standard_error_pct))
    return {name: _summary(np.array(pairs).reshape(-1, 2)) for name, pairs in found.items()}


def _summary(pairs: np.ndarray) -> dict[str, object]:
    sizes = pairs[:, 0] / pairs[:, 1]
    return {
        "series": len(pairs),
        "mean_difference_pct": float(pairs[:, 0].mean()) if len(pairs) else None,
        "series_significantly_higher": int((sizes > SIGNIFICANT).sum()),
        "series_significantly_lower": int((sizes < -SIGNIFICANT).sum()),
    }


if __name__ == "__main__":
    main()
