"""Objects as templates: fields that differ between clusters become values.

A marker such as ``⟪.Values.host⟫`` stands in the objects for a template's expression until they are written as YAML.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from tools.helm_chart.manifests import AUTOSCALING, BASE, Object, Part

Values = dict[str, Any]

_LITERALS = {
    "stockcast.example": "host",
    "stockcast-backup": "s3.backupBucket",
    "stockcast-prices": "s3.bucket",
    "eu-central-1": "s3.region",
    "10.0.64.0/24": "s3.network",
}
"""The overlay's texts that every user replaces, and the values that replace them."""
FIXED_SETTINGS = ("ALLOWED_HOSTS", "PUBLIC_URL", "S3_BUCKET", "AWS_DEFAULT_REGION")
"""The settings that follow from other values."""
_LITERAL = re.compile("|".join(map(re.escape, _LITERALS)))
_ROLE = re.compile(r"arn:aws:iam::\d+:role/stockcast-([\w-]+)")
_IMAGE = re.compile(r"(?:registry\.example/)?stockcast/(\w+):\d+\.\d+\.\d+")
_NAMESPACE = re.compile(r"(?<=\.)stockcast(?=[,.:]|\Z)(?!\.example)")
_MARKER = re.compile(r'"⟪int ([^⟫]+)⟫"|⟪([^⟫]+)⟫')
_SECRETS = (("secretKeyRef", "name"), ("secretRef", "name"), ("secret", "secretName"), ("secret", "name"))
"""Where an object names a Secret; the last is that of CloudNativePG."""
_BACKUP_ROLE = "arn:aws:iam::000000000000:role/stockcast-backup"
_FORMULAS = {
    "settings": 'printf "%q" (printf "%v %v %v" .Values.host .Values.s3 .Values.settings)',
}
_SETTINGS_LOOP = """\
  {{- range $name, $value := .Values.settings }}
  {{ $name }}: {{ printf "%q" $value }}
  {{- end }}
"""


class Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and texts with a marker in quotes."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else '"' if "⟪" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Dumper.add_representer(str, _represent_text)


def camel(name: str) -> str:
    """Return a name as Go's templates can read it: ``web-push`` is ``webPush``."""
    first, *rest = re.split(r"[-_]", name)
    return first + "".join(word.capitalize() for word in rest)


class Templates:
    """Makes templates of parts, and collects their values with the overlay's as defaults."""

    def __init__(self) -> None:
        self.values: Values = {}

    def make(self, part: Part) -> str:
        """Return the template of a part."""
        texts = [
            self._make_object(copy.deepcopy(item), part.name) for item in part.objects if item["kind"] != "Namespace"
        ]
        text = "---\n".join(texts)
        if part.name == BASE:
            return text
        switch = camel(part.name)
        self._put(f"components.{switch}", part.is_on)
        return f"{{{{- if .Values.components.{switch} }}}}\n{text}{{{{- end }}}}\n"

    def _put(self, path: str, default: Any) -> str:
        """Add a value with its default; return its marker."""
        *folders, name = path.split(".")
        place = self.values
        for folder in folders:
            place = place.setdefault(folder, {})
        place.setdefault(name, default)
        return f"⟪.Values.{path}⟫"

    def _put_number(self, path: str, default: int) -> str:
        return self._put(path, default).replace("⟪", "⟪int ")

    def _make_object(self, item: Object, part: str) -> str:
        item["metadata"]["namespace"] = "⟪.Release.Namespace⟫"
        name, kind = item["metadata"]["name"], item["kind"]
        settings = self._take_settings(item) if kind == "ConfigMap" and name.startswith("settings-") else None
        if kind == "Job":
            # Kubernetes cannot change a Job, so each revision has its own.
            item["metadata"]["name"] = f"{name}-⟪.Release.Revision⟫"
        if kind == "Deployment" and part == BASE and "replicas" in item["spec"]:
            item["spec"]["replicas"] = self._put_number(f"replicas.{camel(name)}", item["spec"]["replicas"])
        if (kind, part) == ("ServiceAccount", "backup"):
            # The production overlay lacks the component, so it has no patch with the role.
            item["metadata"]["annotations"] = {"eks.amazonaws.com/role-arn": _BACKUP_ROLE}
        self._take_numbers(item, camel(name))
        for pod in _pod_templates(item):
            self._mark_settings(pod)
        text = _dump(_each_text(self._name_secrets(item), self._replace_texts))
        if settings is not None:
            text = text.replace("\ndata:\n", f"\ndata:\n{_SETTINGS_LOOP}", 1)
        if kind == "Deployment" and "replicas" not in item["spec"]:
            minimum = _expand(f'"⟪int .Values.{AUTOSCALING}.{camel(name)}.minimum⟫"')
            unscaled = f"{{{{- if not .Values.components.{AUTOSCALING} }}}}\n  replicas: {minimum}\n  {{{{- end }}}}"
            text = text.replace("\nspec:\n", f"\nspec:\n  {unscaled}\n", 1)
        return text

    def _take_settings(self, item: Object) -> Object:
        settings = {name: value for name, value in item["data"].items() if name not in FIXED_SETTINGS}
        self._put("settings", settings)
        item["data"] = {name: item["data"][name] for name in FIXED_SETTINGS}
        return settings

    def _take_numbers(self, item: Object, name: str) -> None:
        spec = item.get("spec", {})
        if item["kind"] == "HorizontalPodAutoscaler":
            for bound in ("minimum", "maximum"):
                field = f"{bound[:3]}Replicas"
                spec[field] = self._put_number(f"{AUTOSCALING}.{name}.{bound}", spec[field])
        if item["kind"] == "HTTPRoute":
            for parent in spec["parentRefs"]:
                parent |= {field: self._put(f"gateway.{field}", parent[field]) for field in ("name", "namespace")}
        claims = spec.get("volumeClaimTemplates", []) if item["kind"] == "StatefulSet" else []
        for claim in [item] if item["kind"] == "PersistentVolumeClaim" else claims:
            requests = claim["spec"]["resources"]["requests"]
            requests["storage"] = self._put(f"storage.{name}", requests["storage"])

    @staticmethod
    def _mark_settings(pod: Object) -> None:
        """Make a change of the settings restart the pods, which read them at their start."""
        sources = [source for container in pod["spec"]["containers"] for source in container.get("envFrom", [])]
        if any(source.get("configMapRef", {}).get("name", "").startswith("settings-") for source in sources):
            pod["metadata"].setdefault("annotations", {})["stockcast/settings"] = "⟪int settings⟫"

    def _name_secrets(self, part: Any) -> Any:
        """Return a part with the names of Secrets as values."""
        if isinstance(part, list):
            return [self._name_secrets(one) for one in part]
        if not isinstance(part, dict):
            return part
        named = {name: self._name_secrets(value) for name, value in part.items()}
        for reference, field in _SECRETS:
            if field in (secret := named.get(reference) or {}):
                secret[field] = self._put(f"secrets.{camel(secret[field])}", secret[field])
        return named

    def _replace_texts(self, text: str) -> str:
        if image := _IMAGE.fullmatch(text):
            service = image[1]
            self._put("image.registry", "registry.example/stockcast")
            self._put(f"image.digests.{camel(service)}", "")
            return f"⟪.Values.image.registry⟫/{service}⟪image {camel(service)}⟫"
        text = _ROLE.sub(lambda role: self._put(f"roles.{camel(role[1])}", role[0]), text)
        text = _NAMESPACE.sub("⟪.Release.Namespace⟫", text)
        return _LITERAL.sub(lambda literal: self._put(_LITERALS[literal[0]], literal[0]), text)


def _pod_templates(item: Object) -> Iterator[Object]:
    spec = item.get("spec", {})
    template = spec.get("jobTemplate", {}).get("spec", {}).get("template") or spec.get("template") or {}
    if "containers" in template.get("spec", {}):
        yield template


def _each_text(part: Any, change: Callable[[str], str]) -> Any:
    if isinstance(part, dict):
        return {name: _each_text(value, change) for name, value in part.items()}
    if isinstance(part, list):
        return [_each_text(one, change) for one in part]
    return change(part) if isinstance(part, str) else part


def _dump(item: Object) -> str:
    text = yaml.dump(item, Dumper=Dumper, allow_unicode=True, width=10_000, sort_keys=False)
    return _expand(text.replace("{{", '{{ "{{" }}'))


def _expand(text: str) -> str:
    return _MARKER.sub(lambda marker: _expression(marker[1] or marker[2]), text)


def _expression(marked: str) -> str:
    if marked.startswith("image "):
        digest = f".Values.image.digests.{marked.removeprefix('image ')}"
        return f"{{{{ if {digest} }}}}@{{{{ {digest} }}}}{{{{ else }}}}:{{{{ .Chart.AppVersion }}}}{{{{ end }}}}"
    return f"{{{{ {_FORMULAS.get(marked, marked)} }}}}"
