"""The objects of the production overlay, and the component that each comes from."""

from __future__ import annotations

import copy
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

K8S = Path(__file__).resolve().parents[2] / "k8s"
PRODUCTION = K8S / "overlays" / "production"
BASE = "base"
AUTOSCALING = "autoscaling"
_POLICIES = "network-policies"
_HASH = re.compile(r"-[a-z0-9]{10}\Z")
"""What kustomize adds to the names of ConfigMaps and Secrets."""
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Object = dict[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True)
class Part:
    """A component with its objects; a user of the chart may leave it out or add it."""

    name: str
    objects: list[Object]
    is_on: bool = True


def render(folder: Path) -> list[Object]:
    """Return the objects that ``kubectl apply -k`` would send."""
    command = ["kubectl", "kustomize"] if shutil.which("kubectl") else ["kustomize", "build"]
    text = subprocess.check_output([*command, str(folder)], text=True)  # noqa: S603 - on a folder of the project
    return [item for item in yaml.load_all(text, _Loader) if item]


def production_components() -> list[str]:
    """Return the components of the production overlay, in its order."""
    kustomization = yaml.safe_load((PRODUCTION / "kustomization.yaml").read_text(encoding="utf-8"))
    return [Path(component).name for component in kustomization["components"]]


def read_parts() -> list[Part]:
    """Return the base, the overlay's components, and those that can be added to it.

    A component that changes objects of others has no switch: its objects belong to the base if the overlay has it, and
    it is left out otherwise.
    """
    left = {key_of(item): item for item in render(PRODUCTION)}
    chosen = production_components()
    parts, seen = [], with_components(())
    for count, name in enumerate(chosen, start=1):
        now = with_components(chosen[:count])
        if only_adds(seen, now):
            parts.append(Part(name, [left.pop(key) for key in now if key not in seen]))
        seen = now
    others = sorted(path.name for path in (K8S / "components").iterdir() if path.name not in chosen)
    parts += [
        Part(name, [item for key, item in now.items() if key not in seen], is_on=False)
        for name in others
        if only_adds(seen, now := with_components([*chosen, name]))
    ]
    # Without the component's own policies, one of the overlay would deny everything else to the pods that it selects.
    policies = next(part for part in parts if part.name == _POLICIES)
    policies.objects.extend(left.pop(key) for key in [key for key in left if key[0] == "NetworkPolicy"])
    return [Part(BASE, list(left.values())), *parts]


def with_components(names: Sequence[str]) -> dict[Key, Object]:
    """Return the objects of the base with components, in the namespace of the overlay."""
    with tempfile.TemporaryDirectory() as folder:
        kustomization = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "namespace": "stockcast",
            "resources": [os.path.relpath(K8S / "base", Path(folder).resolve())],
            "components": [os.path.relpath(K8S / "components" / name, Path(folder).resolve()) for name in names],
        }
        (Path(folder) / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
        return {key_of(item): item for item in render(Path(folder))}


def only_adds(before: Mapping[Key, Object], after: Mapping[Key, Object]) -> bool:
    """Whether no object was removed or changed; replicas do not count, because an autoscaler takes them."""
    return all(
        key in after and _without_replicas(item) == _without_replicas(after[key]) for key, item in before.items()
    )


def _without_replicas(item: Object) -> Object:
    bare = copy.deepcopy(item)
    if item["kind"] == "Deployment":
        bare["spec"].pop("replicas", None)
    return bare


def key_of(item: Mapping[str, Any]) -> Key:
    """Return kind and name of an object, without the hash of its content."""
    name = item["metadata"]["name"]
    return item["kind"], _HASH.sub("", name) if item["kind"] in {"ConfigMap", "Secret"} else name
