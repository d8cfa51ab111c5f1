"""``python -m tools.helm_chart`` writes ``k8s/chart``. It needs kubectl; a test compares the committed files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from common.runtime.version import VERSION
from tools.helm_chart.manifests import K8S, read_parts
from tools.helm_chart.templates import FIXED_SETTINGS, Templates, Values

CHART = K8S / "chart"
_HEAD = "# Made by python -m tools.helm_chart from k8s/overlays/production. Change that, not this file.\n"
_COMMENTS = {
    "host": "The name by which people reach the page.",
    "image": "The release workflow writes them. An image without a digest has the chart's version as tag.",
    "components": "The folders of k8s/components; those that are off may need resources of other projects.",
    "settings": "The services' settings, as texts: docs/operator/settings.md. host and s3 set four more.",
    "secrets": "The names of Secrets that you make; NOTES.txt has their keys.",
    "roles": "The roles of the ServiceAccounts, for AWS.",
    "s3": "The buckets of prices and backups, their region, and the network of their private endpoint.",
    "gateway": "The Gateway of the HTTPRoute.",
    "replicas": "The pods of a Deployment without an autoscaler.",
    "autoscaling": "The bounds of the autoscalers. Without the component, a Deployment has the minimum.",
    "storage": "The sizes of volumes. Kubernetes cannot change those of a StatefulSet that exists.",
}
_CHART = f"""\
apiVersion: v2
name: stockcast
description: Stock forecasts with an interval, a chart and the source of the prices.
type: application
version: {VERSION}
appVersion: "{VERSION}"
# The market's scheduler is a container beside another one in its Job.
kubeVersion: ">=1.29.0-0"
"""


def make_files() -> dict[str, str]:
    """Return the text of each generated file of the chart, by its path in the chart."""
    templates = Templates()
    files = {f"templates/{part.name}.yaml": _HEAD + templates.make(part) for part in read_parts() if part.objects}
    values = {name: templates.values[name] for name in _COMMENTS}
    missing = set(templates.values) - set(values)
    if missing:
        raise ValueError(f"no comment for the values {', '.join(sorted(missing))}")
    return files | {
        "Chart.yaml": _HEAD + _CHART,
        "values.yaml": _HEAD + "\n".join(_describe(name, value) for name, value in values.items()),
        "values.schema.json": json.dumps(_schema_of_values(values), indent=2) + "\n",
    }


def _describe(name: str, value: Any) -> str:
    return f"# {_COMMENTS[name]}\n" + yaml.safe_dump({name: value}, sort_keys=True, width=120)


def _schema_of_values(values: Values) -> Values:
    schema = _schema_of(values)
    names = {"pattern": "^[A-Z][A-Z0-9_]*$", "not": {"enum": list(FIXED_SETTINGS)}}
    schema["properties"]["settings"] = {
        "type": "object",
        "propertyNames": names,
        "additionalProperties": {"type": "string"},
    }
    for digest in schema["properties"]["image"]["properties"]["digests"]["properties"].values():
        digest["pattern"] = "^(sha256:[0-9a-f]{64})?$"
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema}


def _schema_of(value: Any) -> Values:
    if isinstance(value, dict):
        properties = {name: _schema_of(one) for name, one in value.items()}
        return {"type": "object", "additionalProperties": False, "properties": properties}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int):
        return {"type": "integer", "minimum": 1}
    # The templates put texts between quotes.
    return {"type": "string", "pattern": r'^[^"\\\s]*$'}


def write(folder: Path = CHART) -> None:
    """Write the generated files, and remove those that are no longer made. NOTES.txt is written by hand."""
    files = make_files()
    for path in folder.glob("templates/*.yaml"):
        if f"templates/{path.name}" not in files:
            path.unlink()
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
