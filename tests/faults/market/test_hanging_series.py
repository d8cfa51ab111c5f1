"""A series that hangs its worker in the nightly run. The test waits for minutes, until the run gives the worker up."""

from __future__ import annotations

import psutil

from tests.faults.market.test_market_run import assert_only_s2_crashed, ended, gateway, started
from tests.integration.forecast_service.market.conftest import command

__all__ = ["gateway"]


def suspend_reader_of_s2(request):
    reader = request.client_process if request.path.endswith("/S2.csv") else None
    if reader:
        reader.suspend()
    return False


def test_a_series_that_hangs_costs_only_itself(environment, gateway, stored, market):
    with started(environment, *command("--stall", "60")) as process:
        gateway.client_pids = lambda: [each.pid for each in psutil.Process(process.pid).children(recursive=True)]
        gateway.rule = suspend_reader_of_s2
        status, output, errors = ended(process)
    assert status == 0, errors
    assert "7 stocks" in output
    assert_only_s2_crashed(market)
