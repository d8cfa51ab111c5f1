"""Computes an evaluation's scores and verdicts again from the JSON of the answer, on standard input."""

import json
import sys
from typing import Any

import numpy as np
from scipy import stats


def main() -> None:
    """Print a row for each model with scores."""
    evaluation = json.load(sys.stdin)
    last = np.array([origin["last_value"] for origin in evaluation["origins"]])
    actual = np.array([origin["actual"] for origin in evaluation["origins"]])
    models = {row["name"]: row["forecasts"] for row in evaluation["models"] if row["forecasts"]}
    crps = {name: np.array([one["crps_pct"] for one in forecasts]) for name, forecasts in models.items()}
    tests = {name: compare(crps["last_price"] - crps[name], evaluation["overlap"]) for name in crps}
    p_values = holm({name: p_value for name, (_, p_value) in tests.items() if name != "last_price"})
    for name, forecasts in models.items():
        median, lower, upper = np.array([[one["median"], one["lower"], one["upper"]] for one in forecasts]).T
        outside = np.maximum(lower - actual, 0) + np.maximum(actual - upper, 0)
        interval_score = (upper - lower + 2 / (1 - evaluation["level"]) * outside) / last
        row = {
            "name": name,
            "mae_pct": 100 * float(np.mean(abs(median - actual) / last)),
            "crps_pct": float(crps[name].mean()),
            "interval_score_pct": 100 * float(interval_score.mean()),
            "coverage": float(np.mean((lower <= actual) & (actual <= upper))),
        }
        if name in p_values:
            mean = tests[name][0]
            side = "better" if mean > 0 else "worse"
            row |= {"difference": mean, "p_corrected": p_values[name]}
            row["verdict"] = side if p_values[name] < 0.05 else "no_difference"
        print(json.dumps(row))


def compare(gains: Any, overlap: float) -> tuple[float, float]:
    """Return the mean and the p-value of the test with the equal-weighted cosine estimator."""
    count = len(gains)
    frequencies = count - 1 if overlap <= 1 else max(1, min(count - 1, int(0.5 * count / overlap)))
    times = np.pi * np.outer(np.arange(1, frequencies + 1), (np.arange(count) + 0.5) / count)
    variance = np.mean((np.sqrt(2 / count) * np.cos(times) @ gains) ** 2)
    mean = float(gains.mean())
    if variance == 0:
        return mean, 1.0
    return mean, float(2 * stats.t.sf(abs(mean) / np.sqrt(variance / count), frequencies))


def holm(p_values: dict[str, float]) -> dict[str, float]:
    """Return the p-values corrected for their number."""
    corrected, largest = {}, 0.0
    for rank, (name, p_value) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_value))
        corrected[name] = largest
    return corrected


if __name__ == "__main__":
    main()
