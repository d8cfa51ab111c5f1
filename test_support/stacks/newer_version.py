"""A newer version of the services, which runs beside the present one as in a rolling upgrade.

Its forecasts have one more field, and it has one more kind of analysis: the countdown of the tests.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local_stack.processes.probes import is_ready
from test_support.network.ports import free_port
from test_support.paths import ROOT
from test_support.stacks.service_processes import READY_WITHIN_S, Part, Parts
from test_support.waiting import until

NEWER_FIELD = "remark"
_COUNTDOWN = "tests.integration.project.countdown"
_CHANGES = {
    "common/domain/questions.py": (
        "    level: Level = DEFAULT_LEVEL\n",
        f"    level: Level = DEFAULT_LEVEL\n    {NEWER_FIELD}: str = ''\n",
    ),
}
_ADDITIONS = {
    "common/domain/kinds.py": f"from {_COUNTDOWN} import COUNTDOWN\nKINDS[COUNTDOWN.name] = COUNTDOWN\n",
}
_CHANGED = ("common",)


@dataclass(frozen=True)
class NewerVersion:
    """The services of the newer version, and their ports."""

    forecast: Part
    ingestion: Part
    web: Part
    forecast_port: int
    ingestion_port: int
    url: str


@contextlib.contextmanager
def newer_version(parts: Parts, folder: Path) -> Iterator[NewerVersion]:
    """Run the services of the newer version on the stores of a stack, with their files in ``folder``."""
    _write_tree(folder)
    forecast, forecast_health, ingestion, ingestion_health, web = (free_port() for _ in range(5))
    newer = NewerVersion(
        _addressed(parts.forecast, forecast, forecast_health),
        _addressed(parts.ingestion, ingestion, ingestion_health),
        parts.web.copy_with(PORT=str(web)),
        forecast,
        ingestion,
        f"http://127.0.0.1:{web}",
    )
    services = (newer.forecast, newer.ingestion, newer.web)
    try:
        for part in services:
            part.root = folder
            part.start()
        ports = (forecast_health, ingestion_health, web)
        until(lambda: all(map(is_ready, ports)), READY_WITHIN_S, "the newer version did not get ready")
        yield newer
    finally:
        for part in services:
            if part.is_running:
                part.terminate()


def _addressed(part: Part, port: int, health: int) -> Part:
    return part.copy_with(LISTEN_ADDRESS=f"127.0.0.1:{port}", HEALTH_ADDRESS=f"127.0.0.1:{health}")


def _write_tree(folder: Path) -> None:
    """Write the newer version's tree: a changed copy of one package, and links to the rest."""
    for entry in ROOT.iterdir():
        if entry.name not in {*_CHANGED, ".git"}:
            (folder / entry.name).symlink_to(entry)
    for name in _CHANGED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (present, newer) in _CHANGES.items():
        text = (folder / name).read_text()
        assert text.count(present) == 1, name
        (folder / name).write_text(text.replace(present, newer))
    for name, more in _ADDITIONS.items():
        (folder / name).write_text((folder / name).read_text() + more)
