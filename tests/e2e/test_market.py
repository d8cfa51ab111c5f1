"""The nightly job against the whole stack. It requests a forecast of every stored ticker."""

from __future__ import annotations

import re
import subprocess
import sys
from urllib.request import Request, urlopen

from test_support.paths import ROOT

SAMPLE = ("AAPL", "FB", "GOOG", "IBM", "MSFT")


def test_every_stored_ticker_is_forecast_by_the_services(stack):
    for ticker in SAMPLE:
        with urlopen(Request(f"{stack}/api/v1/tickers/{ticker}", method="PUT"), timeout=250) as tracked:
            assert tracked.status in {200, 201}
    command = [sys.executable, "-P", "-m", "market", "--url", stack, "--days", "23"]
    environment = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    found = re.fullmatch(r"(\d+) tickers in [\d.]+ s: (\d+) done\n", done.stdout)
    assert found, done.stdout
    assert int(found[1]) == int(found[2]) >= len(SAMPLE)
