"""``python k8s/play.py FOLDER``: turns the rendered local overlay, read on standard input, into files for podman.

podman has no Services, so each part gets the others' addresses as host aliases; there is one replica of each; and ports
go by number, for podman would publish those that are named. All else of the Deployments is as rendered.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

SERVICES = ("forecast", "ingestion", "webserver")
ADDRESSES = {
    "redis": "10.89.77.2",
    "object-store": "10.89.77.3",
    "forecast": "10.89.77.4",
    "ingestion": "10.89.77.5",
    "webserver": "10.89.77.6",
}


def main(folder: Path) -> None:
    """Write a file for each Deployment with its ConfigMap before it, and one for each Secret."""
    objects = [item for item in yaml.safe_load_all(sys.stdin) if item]
    (settings,) = [item for item in objects if item["kind"] == "ConfigMap"]
    settings["data"]["PROVIDERS"] = "sample"
    for item in objects:
        name = item["metadata"]["name"]
        if item["kind"] == "Secret":
            (folder / f"secret-{name}.json").write_text(json.dumps(item["data"]))
        if item["kind"] == "Deployment" and name in SERVICES:
            item["spec"]["replicas"] = 1
            pod = item["spec"]["template"]["spec"]
            # The bucket is there already; and podman 4.3 trips over an init container that it still sees running.
            pod.pop("initContainers", None)
            pod["hostAliases"] = [{"ip": ip, "hostnames": [host]} for host, ip in ADDRESSES.items()]
            _without_port_names(pod["containers"][0])
            for volume in pod["volumes"]:
                if "secret" in volume:
                    volume["secret"]["optional"] = False  # the default, without which podman 4.3 panics
            (folder / f"{name}.yaml").write_text(yaml.safe_dump_all([settings, item]))


def _without_port_names(container: dict[str, Any]) -> None:
    numbers = {port["name"]: port["containerPort"] for port in container.pop("ports")}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        container[probe]["httpGet"]["port"] = numbers[container[probe]["httpGet"]["port"]]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
