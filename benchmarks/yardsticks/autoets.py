"""Fits StatsForecast's AutoETS: a script for the environment that has it, one fit for each line that it reads."""

import json
import sys

import numpy as np
from statsforecast.models import AutoETS  # type: ignore[import-not-found]


def main() -> None:
    """Read the values from the first line; fit for every further one, and say so."""
    values = np.array(json.loads(sys.stdin.readline()))
    AutoETS(season_length=1).fit(values)
    for _ in sys.stdin:
        AutoETS(season_length=1).fit(values)
        print("fitted", flush=True)


if __name__ == "__main__":
    main()
