"""`./run_app.sh market` beside a running stack: a dataset of all stored stocks, and its metrics."""

from __future__ import annotations

import os
import re
import subprocess
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from test_support.paths import ROOT
from test_support.waiting import until

SAMPLE = ("AAPL", "FB", "GOOG", "IBM", "MSFT")


def test_every_stored_stock_is_forecast_beside_the_services(stack):
    for ticker in SAMPLE:
        with urlopen(Request(f"{stack}/api/v1/tickers/{ticker}", method="PUT"), timeout=250) as tracked:
            assert tracked.status in {200, 201}
    done = subprocess.run(
        [str(ROOT / "run_app.sh"), "market", "--horizons", "5,15", "--anew"],
        cwd=ROOT,
        env=os.environ | {"PORT": str(urlsplit(stack).port)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"(\d+) stocks in [\d.]+ s: (\d+) done$", done.stdout.strip())
    assert found, done.stdout
    assert int(found[1]) == int(found[2]) >= len(SAMPLE)
    until(lambda: metrics(stack)["stockcast_market_complete_timestamp_seconds"] > 0)
    # Each process of the web server sets the metrics for itself, one of them perhaps from what it read before the end.
    until(lambda: metrics(stack)["stockcast_market_done"] == int(found[1]))


def metrics(stack):
    with urlopen(f"{stack}/metrics", timeout=250) as answer:
        return {
            name: float(value)
            for name, value in re.findall(r"^(stockcast_market_\w+) (\S+)$", answer.read().decode(), re.MULTILINE)
        }
