"""``python -m tools.podman_play [COMPONENT…]``: run the rendered manifests with podman, and use what runs."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.podman_play import checks
from tools.podman_play.cluster import Cluster, JobFailed
from tools.podman_play.overlay import COMPONENTS, render_overlay
from tools.podman_play.probes import NotReady

SERVICES = ("forecast", "ingestion", "webserver")


def main(arguments: Sequence[str] | None = None) -> int:
    """Play, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="k8s/play.sh", description="Run the rendered local overlay with podman, and use what runs."
    )
    parser.add_argument(
        "components", nargs="*", metavar="COMPONENT", help=f"added to the overlay: {' or '.join(COMPONENTS)}"
    )
    components = parser.parse_args(arguments).components
    if unknown := set(components) - set(COMPONENTS):
        parser.error(f"no component {', '.join(sorted(unknown))}; there are {' and '.join(COMPONENTS)}")
    with tempfile.TemporaryDirectory() as name:
        folder, overlay = Path(name), Path(name) / "overlay"
        overlay.mkdir()
        try:
            with Cluster(folder, render_overlay(overlay, components)) as cluster:
                _play(cluster, fails_over="valkey-sentinel" in components)
        except (AssertionError, JobFailed, NotReady) as failure:
            print(f"error: {failure}", file=sys.stderr)
            return 1
        except subprocess.CalledProcessError as failure:
            print(f"error: {failure}\n{failure.stderr}", file=sys.stderr)
            return 1
    print(f"all of it works{''.join(f', with {component}' for component in components)}")
    return 0


def _play(cluster: Cluster, *, fails_over: bool) -> None:
    cluster.start(*(pod.name for pod in cluster.pods_of("StatefulSet")))
    checks.make_backup_bucket(cluster)
    cluster.run_job("migrate")
    cluster.start(*SERVICES)
    checks.check_restrictions(cluster)
    checks.check_forecast(cluster)
    checks.check_jobs(cluster)
    checks.check_market(cluster)
    if fails_over:
        checks.check_failover(cluster)


if __name__ == "__main__":
    sys.exit(main())
