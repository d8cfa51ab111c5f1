"""Load by wrk. It needs far less of the machine's time than a Python client."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

INSTALL = "wrk is missing; install it (Debian, Ubuntu: apt-get install wrk; macOS: brew install wrk)"
CONNECTIONS = 16
_SCRIPT = """
wrk.method = %s
wrk.body = %s
wrk.headers = {%s}
done = function(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format('{"requests": %%d, "seconds": %%f, "median_ms": %%f, "failed": %%d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, failed))
end
"""


@dataclass(frozen=True)
class Request:
    """One request that is sent repeatedly."""

    url: str
    method: str = "GET"
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def script(self) -> str:
        """Return wrk's Lua script. A JSON string of printable ASCII is also a Lua string."""
        headers = ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in self.headers.items())
        return _SCRIPT % (json.dumps(self.method), "nil" if self.body is None else json.dumps(self.body), headers)


@dataclass(frozen=True)
class Load:
    """The outcome of one run of wrk."""

    requests: int
    seconds: float
    median_ms: float

    @property
    def per_second(self) -> float:
        """The requests per second."""
        return self.requests / self.seconds


def require_wrk() -> None:
    """Exit with a message if wrk is not installed."""
    if shutil.which("wrk") is None:
        raise SystemExit(INSTALL)


def load(request: Request, seconds: int, connections: int = CONNECTIONS) -> Load:
    """Send a request repeatedly over so many connections. Exit if an answer is not a success."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "request.lua"
        script.write_text(request.script())
        options = ["-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "10s", "-s", str(script)]
        output = subprocess.run(["wrk", *options, request.url], stdout=subprocess.PIPE, check=True, text=True).stdout
    counted = json.loads(output.splitlines()[-1])
    if counted.pop("failed"):
        raise SystemExit(f"not every answer was a success:\n{output}")
    return Load(**counted)


@dataclass(frozen=True)
class Comparison:
    """The service's load and the yardstick's: median_seconds over alternating rounds."""

    ours: Load
    yardstick: Load
    throughput_ratio: float
    latency_ratio: float


def compare_loads(ours: Request, yardstick: Request, seconds: int, rounds: int) -> Comparison:
    """Measure both in alternating rounds after a warm-up, so that a slow moment of the machine affects both."""
    load(ours, 1), load(yardstick, 1)
    loads = [(load(ours, seconds), load(yardstick, seconds)) for _ in range(rounds)]
    return Comparison(
        _median_load([our for our, _ in loads]),
        _median_load([their for _, their in loads]),
        statistics.median(our.per_second / their.per_second for our, their in loads),
        statistics.median(our.median_ms / their.median_ms for our, their in loads),
    )


def _median_load(loads: list[Load]) -> Load:
    return sorted(loads, key=lambda load: load.per_second)[len(loads) // 2]
