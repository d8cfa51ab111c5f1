"""Imports for the process from which workers are forked (:mod:`forecast_service.workers.fork_server`)."""

import gc

gc.disable()  # imported modules stay, so that a collection among them only takes time

from forecast_service.workers.worker import run_once  # noqa: E402

run_once()
gc.freeze()  # no worker's collector touches, and so copies, the shared memory
gc.enable()
