"""Imports for the process from which workers are forked (:mod:`forecast_service.workers.fork_server`)."""

import gc
from datetime import UTC, datetime

from common.runtime.lean_pandas import leave_out_pyarrow

leave_out_pyarrow()
gc.disable()  # imported modules stay, so that a collection among them only takes time

from forecast_service.calls import forecast  # noqa: E402, F401 - the module of nearly every task
from forecast_service.engine.trading_days import preload_sessions  # noqa: E402
from forecast_service.workers.worker import run_once  # noqa: E402

run_once()
preload_sessions(datetime.now(UTC).date())
gc.freeze()  # no worker's collector touches, and so copies, the shared memory
gc.enable()
