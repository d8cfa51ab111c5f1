"""One stock in a process of its own, so that a series that ends its process costs only itself.

``python -m forecast_service.market.work.lone_stock`` reads the stock and its range, and writes the result.
"""

from __future__ import annotations

import pickle
import subprocess
import sys

from common.domain.errors import Busy, WorkerCrashed
from forecast_service.market.dataset.plan import LONE_STOCK_S, RangeTask
from forecast_service.market.work.stock_work import StockResult, forecast_stock, row_without_prices

_COMMAND = (sys.executable, "-m", "forecast_service.market.work.lone_stock")


def forecast_lone_stock(ticker: str, task: RangeTask) -> StockResult:
    """Return the result of a stock; a row with the code ``worker_crashed`` if its process ended or hung without one.

    Raises:
        Busy: the process could not reach S3, or S3 refuses. This says nothing about the stock.
    """
    question = pickle.dumps((ticker, task))
    try:
        done = subprocess.run(_COMMAND, input=question, capture_output=True, timeout=LONE_STOCK_S, check=True)  # noqa: S603
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        failure = WorkerCrashed()
        return StockResult(row_without_prices(ticker, failure.code, failure.detail), None)
    result: StockResult | Busy = pickle.loads(done.stdout)  # noqa: S301 - the output of this module
    if isinstance(result, Busy):
        raise result
    return result


def main() -> None:
    """Forecast the stock that standard input names."""
    ticker, task = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - the input from this module
    result: StockResult | Busy
    try:
        result = forecast_stock(ticker, task)
    except Busy as busy:
        result = busy
    sys.stdout.buffer.write(pickle.dumps(result))


if __name__ == "__main__":
    main()
