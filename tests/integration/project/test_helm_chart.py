"""The Helm chart is what the production overlay gives, and its values change what they say.

``helm`` renders it where it is installed; otherwise kubectl does, whose templates are those of the same Go library.
"""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from common.runtime.version import VERSION
from tests.integration.project.test_k8s_manifests import FOREIGN, Object, check_forms, of_kind, overlay, pod_specs
from tools.helm_chart.__main__ import CHART, make_files
from tools.helm_chart.manifests import BASE, key_of
from tools.helm_chart.templates import camel
from tools.release import CHART_VALUES, DIGESTS, ReleaseRefused, name_images

FILES = sorted(CHART.glob("templates/*.yaml"))
DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
SETTINGS = "stockcast/settings"
"""The annotation by which a changed setting restarts pods."""
SWITCHES = {camel(path.stem): path for path in FILES if path.stem != BASE}


def merged(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with changes, as Helm merges them."""
    return dict(values) | {
        name: merged(values[name], change) if isinstance(change, Mapping) and name in values else change
        for name, change in changes.items()
    }


def rendered(folder, namespace: str = "stockcast", **changes: Any) -> list[Object]:
    """Return the objects that Helm would install."""
    return copy.deepcopy(render_once(folder, namespace, json.dumps(changes)))


@cache
def render_once(folder: Path, namespace: str, changed: str) -> list[Object]:
    changes = json.loads(changed)
    values = merged(DEFAULTS, changes)
    jsonschema.validate(values, SCHEMA)
    file = folder / "values.json"
    if shutil.which("helm"):
        file.write_text(changed)
        command = ["helm", "template", "stockcast", str(CHART), "--namespace", namespace, "--values", str(file)]
    else:
        release = {"Name": "stockcast", "Namespace": namespace, "Revision": 1}
        document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "values"}}
        file.write_text(json.dumps(document | {"Values": values, "Release": release, "Chart": {"AppVersion": VERSION}}))
        template = folder / "all.tpl"
        template.write_text("\n---\n".join(path.read_text(encoding="utf-8") for path in FILES), encoding="utf-8")
        output = ["-o", f"go-template-file={template}", "--allow-missing-template-keys=false"]
        command = ["kubectl", "label", "--local", "-f", str(file), "rendered=yes", *output]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stderr
    return [item for item in yaml.load_all(done.stdout, yaml.CSafeLoader) if item]


def named(objects: list[Object]) -> dict[tuple[str, str], Object]:
    """Return objects by kind and name, with the differences taken out that Helm needs."""
    found = {}
    for item in objects:
        if item["kind"] == "Job":
            item["metadata"]["name"] = item["metadata"]["name"].removesuffix("-1")
        spec = item.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", {}).get("template") or spec.get("template") or {}
        annotations = template.get("metadata", {}).get("annotations", {})
        if annotations.pop(SETTINGS, None) and not annotations:
            del template["metadata"]["annotations"]
        found[key_of(item)] = item
    assert len(found) == len(objects)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("chart")


def test_the_committed_chart_is_current():
    made = make_files()
    present = {
        str(path.relative_to(CHART)): path.read_text(encoding="utf-8")
        for path in CHART.rglob("*")
        if path.is_file() and path.name != "NOTES.txt"
    }
    assert present.keys() == made.keys(), "run python -m tools.helm_chart"
    assert [name for name in made if made[name] != present[name]] == [], "run python -m tools.helm_chart"


def test_the_chart_gives_the_production_overlay(folder):
    chart, production = named(rendered(folder)), named(overlay("production"))
    assert [item["kind"] for key, item in production.items() if key not in chart] == ["Namespace"]
    assert chart.keys() <= production.keys()
    assert [key for key in chart if chart[key] != production[key]] == []


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_component_is_there_just_while_it_is_on(switch, folder):
    is_on = DEFAULTS["components"][switch]
    usual, switched = rendered(folder), rendered(folder, components={switch: not is_on})
    more, fewer = (named(usual), named(switched)) if is_on else (named(switched), named(usual))
    expected = set(re.findall(r"^kind: (\w+)$", SWITCHES[switch].read_text(encoding="utf-8"), re.MULTILINE))
    assert {kind for kind, _ in more.keys() - fewer.keys()} == expected
    assert fewer.keys() < more.keys()
    changed = {key for key in fewer if fewer[key] != more[key]}
    assert changed == ({("Deployment", "webserver"), ("Deployment", "forecast")} if switch == "autoscaling" else set())
    check_forms([item for item in switched if item["kind"] in FOREIGN or item["kind"] in expected | {"Deployment"}])


def test_without_an_autoscaler_a_deployment_has_the_minimum(folder):
    bounds = {"webserver": {"minimum": 5}}
    deployments = of_kind(rendered(folder, components={"autoscaling": False}, autoscaling=bounds), "Deployment")
    assert (deployments["webserver"]["spec"]["replicas"], deployments["forecast"]["spec"]["replicas"]) == (5, 2)


def test_the_values_reach_every_object_that_they_concern(folder):
    digest = "sha256:" + "a" * 64
    objects = rendered(
        folder,
        "shares",
        host="shares.test",
        image={"registry": "mirror.test:5000/team", "digests": {"webserver": digest}},
        components={"backup": True, "cloudnativePg": True},
        secrets={"redis": "shared-redis", "sql": "shared-sql"},
        s3={"bucket": "ours", "backupBucket": "ours-backup", "region": "eu-west-1", "network": "10.9.0.0/16"},
        roles={"backup": "arn:aws:iam::1:role/saver"},
        storage={"valkey": "9Gi"},
        replicas={"ingestion": 4},
        settings={"AUTH": "open", "QUOTED": 'a "b" \\ ü: {}'},
    )
    check_forms(objects)
    text = json.dumps(objects)
    for replaced in ("stockcast.example", "registry.example", "stockcast-prices", "eu-central-1", "10.0.64.0/24"):
        assert replaced not in text
    assert "stockcast-backup" not in text
    cluster = of_kind(objects, "Cluster")["sql"]["spec"]
    assert cluster["bootstrap"]["initdb"]["secret"]["name"] == "shared-sql"
    saver = of_kind(objects, "ServiceAccount")["backup"]["metadata"]["annotations"]
    assert list(saver.values()) == ["arn:aws:iam::1:role/saver"]
    assert {item["metadata"]["namespace"] for item in objects} == {"shares"}
    images = {container["image"] for _, _, spec in pod_specs(objects) for container in spec["containers"]}
    assert f"mirror.test:5000/team/webserver@{digest}" in images
    assert f"mirror.test:5000/team/forecast_service:{VERSION}" in images
    (settings,) = (item["data"] for key, item in of_kind(objects, "ConfigMap").items() if key.startswith("settings-"))
    assert (settings["AUTH"], settings["QUOTED"]) == ("open", 'a "b" \\ ü: {}')
    assert settings["ALLOWED_HOSTS"].split(",")[0] == "shares.test"
    assert ".shares" in settings["ALLOWED_HOSTS"].split(",")
    assert '"shared-redis"' in text
    assert '{"name": "redis", "key": "url"}' not in text
    claim = of_kind(objects, "StatefulSet")["valkey"]["spec"]["volumeClaimTemplates"][0]
    assert claim["spec"]["resources"]["requests"]["storage"] == "9Gi"
    assert of_kind(objects, "Deployment")["ingestion"]["spec"]["replicas"] == 4


def test_a_changed_setting_changes_every_pod_that_reads_it(folder):
    before, after = (rendered(folder, settings={"LOG_LEVEL": level}) for level in ("info", "debug"))
    for name in ("webserver", "ingestion", "forecast"):
        one, other = (of_kind(objects, "Deployment")[name]["spec"]["template"] for objects in (before, after))
        assert one["metadata"]["annotations"][SETTINGS] != other["metadata"]["annotations"][SETTINGS]


@pytest.mark.parametrize(
    "wrong",
    [
        {"hots": "stockcast.test"},
        {"host": 'a"\nb: c'},
        {"replicas": {"ingestion": 0}},
        {"replicas": {"ingestion": "2"}},
        {"image": {"digests": {"webserver": "latest"}}},
        {"components": {"redis": "no"}},
        {"settings": {"AUTH": True}},
        {"settings": {"PUBLIC_URL": "https://twice.test"}},
        {"settings": {"a: b": "c"}},
    ],
)
def test_a_wrong_value_is_refused(wrong):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(merged(DEFAULTS, wrong), SCHEMA)


def test_a_release_names_its_images_by_digest(folder):
    digests = {image: f"sha256:{number:064x}" for number, image in enumerate(DIGESTS.values())}
    values = yaml.safe_load(name_images(CHART_VALUES.read_text(encoding="utf-8"), "ghcr.test/a/b", digests))
    jsonschema.validate(values, SCHEMA)
    assert values == merged(
        DEFAULTS,
        {"image": {"registry": "ghcr.test/a/b", "digests": {name: digests[DIGESTS[name]] for name in DIGESTS}}},
    )
    ours = [
        container["image"]
        for _, _, spec in pod_specs(rendered(folder, image=values["image"]))
        for container in spec["containers"] + spec.get("initContainers", [])
        if container["image"].startswith("ghcr.test")
    ]
    assert {image.rpartition("/")[2] for image in ours} == {f"{name}@{digest}" for name, digest in digests.items()}
    with pytest.raises(ReleaseRefused, match="webserver"):
        name_images("", "ghcr.test/a/b", {**digests, "webserver": ""})


def test_the_notes_name_the_secrets_that_pods_cannot_start_without(folder):
    notes = (CHART / "templates" / "NOTES.txt").read_text(encoding="utf-8")
    assert [name for name in DEFAULTS["secrets"] if f".Values.secrets.{name} " not in notes] == []
    needed = set()
    for _, _, spec in pod_specs(rendered(folder)):
        for container in spec["containers"] + spec.get("initContainers", []):
            for variable in container.get("env", []):
                reference = variable.get("valueFrom", {}).get("secretKeyRef", {})
                needed |= {reference["name"]} if reference and not reference.get("optional") else set()
    assert needed >= {"redis", "sql", "grafana"}
    assert [name for name in needed if f".Values.secrets.{name} " not in notes] == []
