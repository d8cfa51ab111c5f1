"""The rendered objects, played on one network."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

from tools.helm_chart.manifests import Object
from tools.podman_play.certificates import make_certificates
from tools.podman_play.engine import NETWORK, Podman
from tools.podman_play.pods import Pod, find_host_names, find_pods
from tools.podman_play.probes import wait_until_ready

_LONGEST_PREPARATION_S = 120
_LOG_LINES = 15
_STOP_S = "30"
"""Seconds to end by SIGTERM. Podman 4.3 fails to remove a pod if a container ends while it sends SIGKILL."""


class JobFailed(Exception):
    """A container that should have ended with status 0 did not."""


class Cluster:
    """Pods of podman in the place of a cluster. As a context, it removes everything in the end.

    Args:
        folder: an empty folder, for files.
        objects: the rendered objects.
    """

    def __init__(self, folder: Path, objects: Sequence[Object]) -> None:
        self.podman = Podman(folder)
        pods = find_pods(objects)
        self._pods = {pod.name: pod for pod in pods}
        self._host_names = find_host_names(objects, pods)
        self._config_maps = [item for item in objects if item["kind"] == "ConfigMap"]
        self._secrets = _secrets_of(objects, pods)
        self._started: list[Pod] = []

    def __enter__(self) -> Self:
        self.podman.create_network()
        for name, content in self._secrets.items():
            self.podman.create_secret(name, content)
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            for pod in self._started:
                print(self.podman.logs(pod, _LOG_LINES), file=sys.stderr)
        for pod in self._started:
            self.podman.remove("pod", "rm", "--force", "--time", _STOP_S, pod.name)
        for name in self._volumes():
            self.podman.remove("volume", "rm", "--force", name)
        for name in self._secrets:
            self.podman.remove("secret", "rm", name)
        self.podman.remove("network", "rm", "--force", NETWORK)

    def pods_of(self, kind: str) -> list[Pod]:
        """Return the pods of all workloads of a kind."""
        return [pod for pod in self._pods.values() if pod.owner[0] == kind]

    def address_of(self, pod: str) -> str:
        """Return a pod's address."""
        return self._pods[pod].address

    def start(self, *names: str) -> None:
        """Start pods, and wait until their probes succeed. Raises NotReady and JobFailed."""
        for name in names:
            self._start(self._pods[name])
        for name in names:
            print(f"{name}: ready after {wait_until_ready(self.podman, self._pods[name]):.0f} s", flush=True)

    def run_job(self, name: str, timeout_s: float = 600) -> None:
        """Run a pod to its end. Raises JobFailed unless it ends with status 0."""
        self._start(self._pods[name])
        self.finish(name, timeout_s)

    def finish(self, name: str, timeout_s: float = 600) -> None:
        """Wait for the end of a pod that was started, and remove it. Raises JobFailed unless its status is 0."""
        self._finish(self._pods[name], timeout_s)

    def _start(self, pod: Pod) -> None:
        for preparation in pod.preparations:
            self._play(preparation)
            self._finish(preparation, _LONGEST_PREPARATION_S)
        self._play(pod)

    def _play(self, pod: Pod) -> None:
        self._started.append(pod)
        self.podman.play(pod, self._host_names, self._config_maps)

    def _finish(self, pod: Pod, timeout_s: float) -> None:
        try:
            status = self.podman.wait(pod, timeout_s)
        except subprocess.TimeoutExpired:
            raise JobFailed(f"{pod.name} has not ended after {timeout_s:.0f} s") from None
        if status:
            raise JobFailed(f"{pod.name} ended with status {status}")
        lines = [line for line in self.podman.logs(pod, 2).splitlines() if line and not line.startswith("-- ")]
        print(": ".join([f"{pod.name} ended", *lines[-1:]]), flush=True)
        self.podman.run("pod", "rm", "--force", "--time", _STOP_S, pod.name)
        self._started.remove(pod)

    def _volumes(self) -> list[str]:
        volumes = [volume for pod in self._pods.values() for volume in pod.spec["volumes"]]
        claims = [
            volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "persistentVolumeClaim" in volume
        ]
        files = [volume["configMap"]["name"] for volume in volumes if "configMap" in volume]
        return [*claims, *files, *_mounted_secrets(self._pods.values())]


def _secrets_of(objects: Sequence[Object], pods: Sequence[Pod]) -> dict[str, Object]:
    """Return the content of each secret, by its name.

    Podman 4.3 wants two forms: for variables a Secret's data, and for files a whole Secret whose data is not in base64.
    """
    data = {item["metadata"]["name"]: item["data"] for item in objects if item["kind"] == "Secret"}
    files = make_certificates(objects)
    for name in _mounted_secrets(pods) & set(data):
        files[name] = {key: base64.b64decode(value).decode() for key, value in data[name].items()}
    return data | {name: _secret(name, texts) for name, texts in files.items()}


def _secret(name: str, texts: dict[str, str]) -> Object:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": texts}


def _mounted_secrets(pods: Iterable[Pod]) -> set[str]:
    return {volume["secret"]["secretName"] for pod in pods for volume in pod.spec["volumes"] if "secret" in volume}
