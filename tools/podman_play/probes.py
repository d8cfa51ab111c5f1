"""The probes of a pod, asked as a kubelet does: by the pod's address, or by a command in the container."""

from __future__ import annotations

import socket
import subprocess
import time
from http import HTTPStatus
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from tools.podman_play.engine import Podman
from tools.podman_play.pods import PROBES, Pod

_DEFAULTS = {"periodSeconds": 10, "timeoutSeconds": 1, "failureThreshold": 3}

_LONGEST_EXEC_S = 30
"""What podman itself may need to start a command; a kubelet's needs none of the probe's time."""


class NotReady(Exception):
    """A probe failed for as long as the manifest lets it."""


def wait_until_ready(podman: Podman, pod: Pod) -> float:
    """Wait for each probe of each container, and return the seconds. Raises NotReady."""
    began = time.monotonic()
    for container in pod.containers:
        ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
        for name in PROBES:
            if name in container:
                _wait(podman, pod, container["name"], _DEFAULTS | container[name], ports)
    return time.monotonic() - began


def _wait(podman: Podman, pod: Pod, container: str, probe: dict[str, Any], ports: dict[str, int]) -> None:
    for _ in range(probe["failureThreshold"]):
        began = time.monotonic()
        if _succeeds(podman, pod, container, probe, ports):
            return
        time.sleep(max(0.0, began + probe["periodSeconds"] - time.monotonic()))
    raise NotReady(f"{pod.name}/{container}: {probe} fails")


def _succeeds(podman: Podman, pod: Pod, container: str, probe: dict[str, Any], ports: dict[str, int]) -> bool:
    timeout_s = probe["timeoutSeconds"]
    try:
        if "exec" in probe:
            command = probe["exec"]["command"]
            podman.run("exec", f"{pod.name}-{container}", *command, timeout_s=timeout_s + _LONGEST_EXEC_S)
        elif "httpGet" in probe:
            asked = probe["httpGet"]
            url = f"http://{pod.address}:{ports[asked['port']]}{asked['path']}"
            with urlopen(url, timeout=timeout_s) as answer:
                return bool(answer.status == HTTPStatus.OK)
        else:
            socket.create_connection((pod.address, ports[probe["tcpSocket"]["port"]]), timeout_s).close()
    except (URLError, OSError, subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    return True
