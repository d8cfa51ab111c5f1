"""Imports for the process from which workers are forked (:mod:`forecast_service.workers.fork_server`)."""

import gc

gc.disable()  # what is imported stays: to look through it for garbage only takes time

from forecast_service.workers.worker import warm_up  # noqa: E402

warm_up()
gc.freeze()  # no worker's collector touches, and so copies, what all share
gc.enable()
