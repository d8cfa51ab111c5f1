"""The local overlay as it is played: with the backup, with images that are made here, and without price sources."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml

from tools.helm_chart.manifests import K8S, Object, render

LOCAL = K8S / "overlays" / "local"
COMPONENTS = ("mtls", "valkey-sentinel")
"""Those that a caller may add."""
BACKUP_BUCKET = "stockcast-backup"
BACKUP_KEYS = ("backup", "local-only-backup")
"""The identity of the backup, which the local overlay lacks."""
_SERVICES = ("webserver", "ingestion_service", "forecast_service")
_STORES = {"newName": "localhost/stockcast/stores", "newTag": "latest"}
_CLUSTER_STORES = {"newName": "localhost/stockcast/cluster_stores", "newTag": "latest"}
_IMAGES = [
    *({"name": f"stockcast/{name}", "newName": f"localhost/stockcast/{name}"} for name in _SERVICES),
    {"name": "chrislusf/seaweedfs", **_STORES},
    {"name": "postgres", **_CLUSTER_STORES},
    {"name": "valkey/valkey", **_CLUSTER_STORES},
]
_SENTINELS = ",".join(f"valkey-{number}.valkey:26379" for number in range(3))
_SENTINEL_URL = f"redis+sentinel://:local-only@{_SENTINELS}/stockcast/0?sentinel_password=local-only"


def render_overlay(folder: Path, components: Collection[str]) -> list[Object]:
    """Return the objects of the overlay with the components.

    Args:
        folder: an empty folder, for the overlay's files.
        components: some of ``COMPONENTS``.
    """
    identities = json.loads((LOCAL / "identities.json").read_text(encoding="utf-8"))
    identities["identities"].append(_backup_identity())
    (folder / "identities.json").write_text(json.dumps(identities))
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(_kustomization(folder, components)))
    return render(folder)


def _backup_identity() -> dict[str, Any]:
    access, secret = BACKUP_KEYS
    actions = [f"{action}:{BACKUP_BUCKET}" for action in ("Admin", "Read", "Write", "List")]
    return {
        "name": "backup",
        "credentials": [{"accessKey": access, "secretKey": secret}],
        "actions": ["Read:stockcast", "List:stockcast", *actions],
    }


def _kustomization(folder: Path, components: Collection[str]) -> dict[str, Any]:
    access, secret = BACKUP_KEYS
    secrets: list[dict[str, Any]] = [
        {"name": "object-store-identities", "behavior": "merge", "files": ["identities.json"]},
        {"name": "s3-backup", "literals": [f"AWS_ACCESS_KEY_ID={access}", f"AWS_SECRET_ACCESS_KEY={secret}"]},
    ]
    patches = []
    if "valkey-sentinel" in components:
        # It takes the place of the overlay's component redis.
        secrets.append({"name": "redis", "behavior": "merge", "literals": [f"url={_SENTINEL_URL}"]})
        redis = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "redis"}, "$patch": "delete"}
        patches.append({"patch": json.dumps(redis)})
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "stockcast",
        "resources": [os.path.relpath(LOCAL, folder)],
        "components": [os.path.relpath(K8S / "components" / name, folder) for name in ("backup", *components)],
        "images": _IMAGES,
        "configMapGenerator": [{"name": "settings", "behavior": "merge", "literals": ["PROVIDERS=sample"]}],
        "secretGenerator": secrets,
        "patches": patches,
    }
