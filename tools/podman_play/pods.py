"""The pods of rendered objects, in the form that podman 4.3 plays.

Podman lacks some of what the objects ask for. Everything that takes its place is here:

- *StatefulSet, Job, CronJob:* each pod is a Pod of its own. A Deployment and a Job have one.
- *Claims of a StatefulSet, and emptyDir:* named volumes. They belong to the first user that mounts them.
- *Services and DNS:* each pod has a fixed address, and all names are in its /etc/hosts. A Service leads to one pod.
- *Init containers:* each is a pod that is played before, with the same volumes and address. A sidecar, which is
  restarted always, is a container beside the others.
- *Probes:* :mod:`tools.podman_play.probes` asks as a kubelet would.
- *$(NAME) in a command:* a shell puts the variable in.
- *Named ports:* podman would publish them on the host, so the pod's ports are left out.

Podman enforces neither network policies nor the spread over nodes, and has no autoscaler.
"""

from __future__ import annotations

import copy
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tools.helm_chart.manifests import Object

SUBNET = "10.89.77.0/24"
_FIRST_ADDRESS = 10
_VARIABLE = re.compile(r"\$\((\w+)\)")
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


@dataclass(frozen=True)
class Pod:
    """A pod of a workload.

    Attributes:
        name: its own; that of the workload, with a number for a StatefulSet.
        owner: kind and name of the workload.
        labels: those that Services select by.
        address: its address in ``SUBNET``.
        spec: as rendered, with the volumes of a StatefulSet's claims.
    """

    name: str
    owner: tuple[str, str]
    labels: Mapping[str, str]
    address: str
    spec: Object

    @property
    def preparations(self) -> list[Pod]:
        """The init containers that end before the others start, each as a pod."""
        return [
            replace(
                self, name=f"{self.name}-{init['name']}", spec=self.spec | {"containers": [init], "initContainers": []}
            )
            for init in self.spec.get("initContainers", [])
            if not _is_sidecar(init)
        ]

    @property
    def containers(self) -> list[Object]:
        """The containers that run together, sidecars first."""
        sidecars = [init for init in self.spec.get("initContainers", []) if _is_sidecar(init)]
        return [*sidecars, *self.spec["containers"]]


def find_pods(objects: Sequence[Object]) -> list[Pod]:
    """Return the pods of all workloads, with an address for each."""
    pods = [pod for item in objects for pod in _pods_of(item)]
    return [replace(pod, address=_address(number)) for number, pod in enumerate(pods)]


def _pods_of(item: Object) -> Iterator[Pod]:
    kind, name = item["kind"], item["metadata"]["name"]
    spec = item.get("spec", {})
    template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
    if kind not in {"Deployment", "StatefulSet", "Job", "CronJob"}:
        return
    names = [f"{name}-{number}" for number in range(spec["replicas"])] if kind == "StatefulSet" else [name]
    for pod_name in names:
        pod = copy.deepcopy(template["spec"])
        volumes = pod.setdefault("volumes", [])
        for claim in spec.get("volumeClaimTemplates", []):
            claim_name = claim["metadata"]["name"]
            volumes.append({"name": claim_name, "persistentVolumeClaim": {"claimName": f"{claim_name}-{pod_name}"}})
        for volume in volumes:
            if volume.pop("emptyDir", None) is not None:
                volume["persistentVolumeClaim"] = {"claimName": f"{volume['name']}-{pod_name}"}
        yield Pod(pod_name, (kind, name), template["metadata"]["labels"], "", pod)


def _address(number: int) -> str:
    return SUBNET.replace("0/24", str(_FIRST_ADDRESS + number))


def find_host_names(objects: Sequence[Object], pods: Sequence[Pod]) -> list[tuple[str, str]]:
    """Return address and name of each Service, and of each pod of a headless one."""
    found = []
    for service in (item for item in objects if item["kind"] == "Service"):
        name, selector = service["metadata"]["name"], service["spec"]["selector"].items()
        behind = [pod for pod in pods if selector <= pod.labels.items()]
        found += [(pod.address, name) for pod in behind[:1]]
        if service["spec"].get("clusterIP") == "None":
            found += [(pod.address, f"{pod.name}.{name}") for pod in behind]
    return found


def to_podman(pod: Pod, host_names: Sequence[tuple[str, str]]) -> Object:
    """Return the pod as an object that podman plays."""
    spec = copy.deepcopy({**pod.spec, "containers": pod.containers})
    spec.pop("initContainers", None)
    spec["hostname"] = pod.name
    spec["hostAliases"] = [{"ip": address, "hostnames": [name]} for address, name in host_names]
    for container in spec["containers"]:
        for field in ("ports", "restartPolicy", *PROBES):
            container.pop(field, None)
        if _VARIABLE.search(" ".join(container.get("args", []))):
            words = container.get("command", []) + container.pop("args")
            container["command"] = ["sh", "-c", f"exec {' '.join(map(_shell_word, words))}"]
    for volume in spec["volumes"]:
        if "secret" in volume:
            volume["secret"].setdefault("optional", False)  # the default, without which podman 4.3 panics
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod.name, "labels": dict(pod.labels)}, "spec": spec}


def _is_sidecar(init: Object) -> bool:
    return bool(init.get("restartPolicy") == "Always")


def _shell_word(word: str) -> str:
    """Quote a word of a command for a shell, except for its variables."""
    pieces = _VARIABLE.split(word)  # texts, with the names of variables between them
    quoted = [f'"${{{piece}}}"' if number % 2 else shlex.quote(piece) for number, piece in enumerate(pieces) if piece]
    return "".join(quoted) or "''"
