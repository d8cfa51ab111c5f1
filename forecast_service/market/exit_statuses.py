"""The exit statuses of ``python -m forecast_service.market``."""

COMPLETE, INCOMPLETE, REFUSED, STOPPED = 0, 1, 2, 130
"""A complete board; stocks are missing; another plan exists; Ctrl-C."""
