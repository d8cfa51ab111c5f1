"""The yardstick of cached answers: bare Flask routes under the web server's gunicorn."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from flask import Flask, Response
from redis import Redis

from local_stack.processes.probes import is_listening
from test_support.network.ports import free_port
from test_support.paths import ROOT
from test_support.stacks.run_app import RunningStack
from test_support.waiting import until

KEY = "benchmark:same"
ETAG = '"benchmark"'


def create_app() -> Flask:
    """Make an app with a route that returns bytes from Redis, and one that answers 304."""
    redis = Redis.from_url(os.environ["REDIS_URL"])
    app = Flask(__name__)

    @app.post("/same")
    def same() -> Response:
        return Response(redis.get(KEY), mimetype="application/json")

    @app.get("/unchanged")
    def unchanged() -> Response:
        return Response(status=304, headers={"ETag": ETAG})

    return app


@contextmanager
def bare_server(stack: RunningStack) -> Iterator[str]:
    """Serve the bare routes with the configuration of a stack's web server. Yield the address."""
    with serving(stack, "benchmarks.yardsticks.bare_server:create_app()", {}) as url:
        httpx.get(f"{url}/unchanged", trust_env=False, timeout=30)
        yield url


@contextmanager
def serving(stack: RunningStack, application: str, settings: dict[str, str]) -> Iterator[str]:
    """Serve an application with the configuration and the stores of a stack's web server. Yield the address."""
    port = free_port()
    environment = stack.environment | settings | {"PORT": str(port), "LOG_LEVEL": "error"}
    command = [sys.executable, "-m", "gunicorn", "-c", "webserver/gunicorn.conf.py", application]
    command += ["--log-level", "warning"]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            until(lambda: is_listening(port) or process.poll() is not None)
            if process.poll() is not None:
                raise SystemExit(f"{application} did not start")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
