"""One range in a process of its own, without Dask: for few stocks, whose work is shorter than the start of a cluster.

``python -m forecast_service.market.work.lone_range`` reads the range, does it, and writes what came of it.
"""

from __future__ import annotations

import pickle
import subprocess
import sys

from common.domain.errors import Busy
from forecast_service.market.dataset.plan import LONE_STOCK_S, RangeTask
from forecast_service.market.dataset.range_done import RangeDone

_COMMAND = (sys.executable, "-m", "forecast_service.market.work.lone_range")


def run_lone_range(task: RangeTask) -> RangeDone:
    """Do a range in a process of its own; if that ends or hangs, each stock in one of its own.

    Raises:
        Busy: the process could not reach S3, or S3 refuses.
    """
    for alone in (False, True):
        question, longest_s = pickle.dumps((task, alone)), LONE_STOCK_S * (1 + len(task.tickers))
        try:
            done = subprocess.run(_COMMAND, input=question, stdout=subprocess.PIPE, timeout=longest_s, check=True)  # noqa: S603
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            continue
        result: RangeDone | Busy = pickle.loads(done.stdout)  # noqa: S301 - the output of this module
        if isinstance(result, Busy):
            raise result
        return result
    raise Busy("The process of the stocks ended twice.")


def main() -> None:
    """Do the range that standard input names."""
    from forecast_service.market.work.range_work import forecast_range  # noqa: PLC0415 - only here the engine is needed

    task, alone = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - the input from this module
    result: RangeDone | Busy
    try:
        result = forecast_range(task, alone=alone)
    except Busy as busy:
        result = busy
    sys.stdout.buffer.write(pickle.dumps(result))


if __name__ == "__main__":
    main()
