"""A script that calls ``stumpy.mass`` for each of many series once for each line that it reads.

It runs in its own environment, and prints the processor's seconds of each search.
"""

import json
import sys
import time

import numpy as np
import stumpy  # type: ignore[import-not-found]


def main() -> None:
    """Read the shape, the number of series, their days and the seed from the first line; search once for each other."""
    asked = json.loads(sys.stdin.readline())
    shape = np.array(asked["shape"])
    moves = np.random.default_rng(asked["seed"]).normal(0, asked["deviation"], (asked["series"], asked["days"]))
    logs = np.cumsum(moves, axis=1)
    stumpy.mass(shape, logs[0])  # compiles
    for _ in sys.stdin:
        began = time.process_time()
        for one in logs:
            stumpy.mass(shape, one)
        print(time.process_time() - began, flush=True)


if __name__ == "__main__":
    main()
