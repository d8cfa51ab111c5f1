"""The exit statuses of ``python -m forecast_service.market``, and the refusal of a run."""

COMPLETE, INCOMPLETE, REFUSED, STOPPED = 0, 1, 2, 130
"""A complete board, or nothing to do; stocks are missing; a refused option, plan or board; Ctrl-C."""


class RunRefused(Exception):
    """The dataset of the date does not permit the run. The message says why."""
