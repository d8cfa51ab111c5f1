"""How often one client, and all of them together, may ask for work; counted in Redis, for all replicas."""

from __future__ import annotations

import time

from flask import Flask, Response, request
from flask_limiter import ApplicationLimit, Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address

from common.errors import RateLimited
from webserver.problems import problem

_READING = {"GET", "HEAD", "OPTIONS"}
_PATIENCE: dict[str, str | int] = {"socket_connect_timeout": 1, "socket_timeout": 1}


def limit_rates(app: Flask, redis_url: str, *, per_client: str, overall: str) -> None:
    """Answer 429 to requests for work beyond the limits, such as ``6000/minute``; reading is free.

    Where Redis cannot be reached nothing is counted: what follows will find that out, and refuse.
    """
    limiter = Limiter(
        get_remote_address,
        app=app,
        application_limits=[
            ApplicationLimit(per_client),
            ApplicationLimit(overall, key_function=_everybody, scope="everybody"),
        ],
        storage_uri=redis_url,
        storage_options=_PATIENCE,
        key_prefix="rate",
        swallow_errors=True,
    )
    limiter.request_filter(_is_reading)
    app.register_error_handler(RateLimitExceeded, _problem)


def _everybody() -> str:
    return "everybody"


def _is_reading() -> bool:
    return request.method in _READING


def _problem(error: RateLimitExceeded) -> Response:
    limit = error.limit.limit
    window = limit.get_expiry()
    return problem(RateLimited(retry_after_s=max(window - int(time.time()) % window, 1)))
