"""The optional Prometheus of a local stack: its program and its configuration."""

from __future__ import annotations

import shutil
from pathlib import Path

from local_stack.ports import Ports

_CONFIGURATION = """\
global: {{scrape_interval: 5s, evaluation_interval: 5s}}
rule_files: ["{rules}/rules.yaml", "{rules}/slo.yaml"]
scrape_configs:
  - {{job_name: webserver, static_configs: [{{targets: ["127.0.0.1:{web}"]}}]}}
  - {{job_name: ingestion, static_configs: [{{targets: ["127.0.0.1:{ingestion}"]}}]}}
  - {{job_name: forecast, static_configs: [{{targets: ["127.0.0.1:{forecast}"]}}]}}
  - {{job_name: schedule, static_configs: [{{targets: ["127.0.0.1:{schedule}"]}}]}}
"""


class NoPrometheus(RuntimeError):
    """This machine has no Prometheus. The message names what to install."""


def find_prometheus() -> Path:
    """Return the path of a Prometheus server, or raise :class:`NoPrometheus`."""
    found = shutil.which("prometheus")
    if found is None:
        raise NoPrometheus("no Prometheus found; install one (Debian, Ubuntu: apt install prometheus), or leave it out")
    return Path(found)


def prometheus_command(binary: Path, ports: Ports, folder: Path) -> tuple[str, ...]:
    """Return the command of a Prometheus with its configuration and data in ``folder``."""
    return (
        str(binary),
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'measures'}",
        "--storage.tsdb.retention.time=7d",
        f"--web.listen-address=127.0.0.1:{ports.prometheus}",
        "--web.cors.origin=none",  # its default allows the pages of every site to read its answers
        "--log.level=warn",
    )


def prometheus_configuration(ports: Ports, rules: Path) -> str:
    """Return the configuration, with the same alerts as in a cluster, which are in the folder ``rules``."""
    return _CONFIGURATION.format(
        rules=rules,
        web=ports.web,
        ingestion=ports.ingestion_health,
        forecast=ports.forecast_health,
        schedule=ports.schedule_health,
    )
