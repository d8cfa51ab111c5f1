"""The pooled figures of many trials, with standard errors from a bootstrap over blocks of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.accuracy.trials import HORIZONS, PIT_BINS, Trial

BLOCK_DAYS = 126
"""Half a year of trading days. A block has at least twice the horizon, so that few outcomes reach into the next. All
series of a block are drawn together, since they rise and fall together."""
DRAWS = 2000

FloatArray = npt.NDArray[np.float64]
Means = dict[str, FloatArray]


def figures_of(trials: Sequence[Trial]) -> dict[str, object]:
    """Return the number of series and origins, and the figures of each horizon."""
    return {
        "series": len({trial.name for trial in trials}),
        "origins": len({(trial.name, trial.day) for trial in trials}),
        "horizons": {
            str(horizon): horizon_figures([trial for trial in trials if trial.horizon == horizon])
            for horizon in HORIZONS
        },
    }


def horizon_figures(trials: Sequence[Trial]) -> dict[str, float]:
    """Return the pooled figures of one horizon, each with its standard error."""
    names = list(trials[0].scores)
    sizes = [len(trials[0].scores[name]) for name in names]
    columns = np.array([np.concatenate([trial.scores[name] for name in names]) for trial in trials])

    def means(sums: FloatArray, count: float) -> Means:
        return dict(zip(names, np.split(sums / count, np.cumsum(sizes)[:-1]), strict=True))

    found = _figures(means(columns.sum(axis=0), len(trials)))
    errors = _standard_errors(trials, columns, lambda sums, count: _figures(means(sums, count)))
    return found | {f"{name}_se": errors[name] for name in found}


def _standard_errors(
    trials: Sequence[Trial], columns: FloatArray, figures: Callable[[FloatArray, float], dict[str, float]]
) -> dict[str, float]:
    start = min(trial.day for trial in trials)
    block_days = int(max(BLOCK_DAYS, 2 * trials[0].horizon) * 365.25 / 252)
    blocks = np.array([(trial.day - start).days // block_days for trial in trials])
    sums = np.array([columns[blocks == block].sum(axis=0) for block in np.unique(blocks)])
    counts = np.array([(blocks == block).sum() for block in np.unique(blocks)])
    random = np.random.default_rng(0)
    drawn = [random.integers(0, len(sums), len(sums)) for _ in range(DRAWS)]
    each = [figures(sums[rows].sum(axis=0), float(counts[rows].sum())) for rows in drawn]
    return {name: float(np.std([one[name] for one in each])) for name in each[0]}


def _figures(means: Means) -> dict[str, float]:
    mean = {name: float(values[0]) for name, values in means.items()}
    figures = {
        "crps_vs_last_price": mean["crps"] / mean["last_price_crps"],
        **{f"coverage_{level}": mean[f"coverage_{level}"] for level in (50, 80, 95, 98)},
        "pit_mean": mean["pit_mean"],
        "pit_ks": _ks_distance(means["pit_bins"]),
        "brier_up": mean["brier_up"],
        "touch_gap": _touch_gap(means),
        "mae_vs_last_price": mean["mae"] / mean["last_price_mae"],
        "coverage": mean["coverage"],
        "interval_score_vs_last_price": mean["interval_score"] / mean["last_price_interval_score"],
        "last_price_coverage": mean["last_price_coverage"],
        "mean_prophet_weight": mean["weight"],
        "prophet_weight_above_0": mean["weight_above_0"],
    }
    if "prophet_mae" in mean:
        figures |= {
            "interval_score_vs_prophet": mean["interval_score"] / mean["prophet_interval_score"],
            "prophet_coverage": mean["prophet_coverage"],
            "prophet_mae_vs_last_price": mean["prophet_mae"] / mean["last_price_mae"],
        }
    return figures


def _ks_distance(bins: FloatArray) -> float:
    """Return the largest difference between the distribution of the PIT and a uniform one, at the bins' edges."""
    return float(np.abs(bins.cumsum() - np.arange(1, PIT_BINS + 1) / PIT_BINS).max())


def _touch_gap(means: Means) -> float:
    """Return the mean difference between stated and seen frequencies over the classes that occur."""
    counts = means["touch_count"]
    occur = counts > 0
    gaps = np.abs(means["touch_stated"] - means["touch_seen"])[occur] / counts[occur]
    return float(gaps.mean())
