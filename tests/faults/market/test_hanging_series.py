"""A series that hangs its worker in the nightly run. The test waits for minutes, until the run gives the worker up."""

from __future__ import annotations

import psutil

from tests.faults.market.test_market_run import gateway, run_with_reader_of_s2
from tests.integration.forecast_service.market.conftest import command

__all__ = ["gateway"]


def test_a_series_that_hangs_costs_only_itself(environment, gateway, stored, market):
    printed = run_with_reader_of_s2(environment, gateway, market, command("--stall", "60"), psutil.Process.suspend)
    assert "nothing was finished for 60 s: 1 of 1 workers were busy and may hang" in printed
    assert "was not restarted" not in printed
