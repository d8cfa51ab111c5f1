"""A script that fits StatsForecast's AutoETS once for each line that it reads. It runs in its own environment."""

import json
import sys

import numpy as np
from statsforecast.models import AutoETS  # type: ignore[import-not-found]


def main() -> None:
    """Read the values from the first line. Fit once for each further line, and print a line after each fit."""
    values = np.array(json.loads(sys.stdin.readline()))
    AutoETS(season_length=1).fit(values)
    for _ in sys.stdin:
        AutoETS(season_length=1).fit(values)
        print("fitted", flush=True)


if __name__ == "__main__":
    main()
