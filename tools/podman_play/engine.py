"""Podman, by its command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import yaml

from tools.helm_chart.manifests import Object
from tools.podman_play.pods import SUBNET, Pod, to_podman

NETWORK = "stockcast-play"
_LIMITS = '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n'
"""Podman's own limits are more than a machine need allow."""


class Podman:
    """The pods, secrets, volumes and the network of a play.

    Args:
        folder: for files that podman reads.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Debian's crun refuses hybrid cgroups.
        self._command = ["podman", *(["--runtime", "runc"] if shutil.which("runc") else [])]
        conf = folder / "containers.conf"
        conf.write_text(_LIMITS)
        self._environment = os.environ | {"CONTAINERS_CONF": str(conf)}

    def run(self, *arguments: str, timeout_s: float = 120) -> str:
        """Return what a command of podman writes. Raises CalledProcessError and TimeoutExpired of subprocess."""
        done = subprocess.run(  # noqa: S603 - the arguments are made here
            [*self._command, *arguments],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=True,
        )
        return done.stdout

    def create_network(self) -> None:
        """Create a network that leads nowhere else."""
        self.run("network", "create", "--internal", "--subnet", SUBNET, NETWORK)

    def create_secret(self, name: str, content: Object) -> None:
        """Create a secret."""
        path = self._folder / f"secret-{name}.json"
        path.write_text(json.dumps(content))
        self.run("secret", "create", name, str(path))

    def play(self, pod: Pod, host_names: Sequence[tuple[str, str]], config_maps: Sequence[Object]) -> None:
        """Start a pod."""
        path = self._folder / f"{pod.name}.yaml"
        path.write_text(yaml.safe_dump_all([*config_maps, to_podman(pod, host_names)]))
        self.run("kube", "play", "--network", NETWORK, "--ip", pod.address, str(path))

    def wait(self, pod: Pod, timeout_s: float) -> int:
        """Wait for the end of a pod's last container, and return its status. Raises TimeoutExpired."""
        return int(self.run("wait", f"{pod.name}-{pod.containers[-1]['name']}", timeout_s=timeout_s))

    def logs(self, pod: Pod, lines: int) -> str:
        """Return the last lines that each container of a pod wrote."""
        command = [*self._command, "logs", "--tail", str(lines)]
        texts = []
        for container in pod.containers:
            name = f"{pod.name}-{container['name']}"
            done = subprocess.run(  # noqa: S603
                [*command, name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
            )
            texts.append(f"-- {name}\n{done.stdout}")
        return "".join(texts)

    def remove(self, *command: str) -> None:
        """Remove something, if it is there."""
        subprocess.run([*self._command, *command], capture_output=True, check=False)  # noqa: S603
