"""The cost of authentication: a repeated forecast with ``AUTH=on`` and a token, beside the same with ``AUTH=off``."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.load.wrk import Request, compare_loads, require_wrk
from benchmarks.service.cached_answers import QUESTION, ROUNDS, SECONDS
from benchmarks.yardsticks.bare_server import serving
from test_support.paths import ROOT
from test_support.stacks.run_app import RunningStack

_APPLICATION = "webserver.app:create_app()"
_JSON = {"Content-Type": "application/json"}


def auth_figures(stack: RunningStack) -> dict[str, object]:
    """Measure a repeated question on two further web servers of the stack, one of which identifies its callers."""
    require_wrk()
    body, token = json.dumps(QUESTION), _create_token(stack)
    with (
        serving(stack, _APPLICATION, {"AUTH": "on"}) as guarded,
        serving(stack, _APPLICATION, {"AUTH": "off"}) as trusting,
        stack.client() as client,
    ):
        for url in (guarded, trusting):
            headers = _JSON | {"Authorization": f"Bearer {token}"}
            client.post(f"{url}/api/v1/forecasts", content=body, headers=headers).raise_for_status()
        found = compare_loads(
            Request(f"{guarded}/api/v1/forecasts", "POST", body, headers),
            Request(f"{trusting}/api/v1/forecasts", "POST", body, _JSON),
            SECONDS,
            ROUNDS,
        )
    return {
        "auth_throughput_ratio": found.throughput_ratio,
        "auth_latency_ratio": found.latency_ratio,
        "auth": {"on_per_second": found.ours.per_second, "off_per_second": found.yardstick.per_second},
    }


def _create_token(stack: RunningStack) -> str:
    command = [sys.executable, "-m", "webserver.accounts", "token", "create", "--scope", "read,forecast"]
    done = subprocess.run(command, cwd=ROOT, env=stack.environment, stdout=subprocess.PIPE, check=True, text=True)
    return done.stdout.strip()
