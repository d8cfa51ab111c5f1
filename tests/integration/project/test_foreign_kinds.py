"""Objects of other projects' kinds have the fields of those projects' definitions, by their TypeScript types."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from test_support.paths import ROOT
from tests.conftest import skip_or_fail
from tests.integration.project.test_gitops import FLUX, FOLDER
from tests.integration.project.test_helm_chart import DEFAULTS, rendered
from tests.integration.project.test_k8s_manifests import COMPONENTS, FOREIGN, NEEDS, Object, of_kind, overlay
from tools.helm_chart.manifests import with_components

MODULES = ROOT / "node_modules"
PACKAGES = {
    "Certificate": "cert-manager",
    "HTTPRoute": "gateway-api",
    "HelmRelease": "flux-cd",
    "Issuer": "cert-manager",
    "OCIRepository": "flux-cd",
    "PodMonitor": "prometheus-operator",
    "PrometheusRule": "prometheus-operator",
    "ScaledObject": "keda",
}
"""The package below ``@kubernetes-models`` that has the type of a kind."""
WITHOUT_TYPES = {"Cluster", "ObjectStore", "ScheduledBackup", "VerticalPodAutoscaler"}
OPTIONS = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022"]


def find_faults(folder: Path, objects: list[Object]) -> str:
    """Return the compiler's complaints about objects, one line each: unknown fields, and values of another type."""
    compiler = MODULES / "typescript" / "bin" / "tsc"
    if not compiler.is_file() or not all(
        (MODULES / "@kubernetes-models" / name).is_dir() for name in PACKAGES.values()
    ):
        skip_or_fail("the types of other projects' kinds are not there (npm ci)")
    versions = FOREIGN | FLUX
    lines = [
        f'import type {{I{kind}}} from "@kubernetes-models/{package}/{versions[kind]}/{kind}";'
        for kind, package in PACKAGES.items()
    ]
    lines += [
        f"export const object{number}: I{item['kind']} = {json.dumps(item)};" for number, item in enumerate(objects)
    ]
    (folder / "objects.ts").write_text("\n".join(lines))
    (folder / "node_modules").symlink_to(MODULES)
    command = [str(Path(sys.executable).with_name("node")), str(compiler), *OPTIONS, "objects.ts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=250, check=False)
    return done.stdout


@pytest.fixture(scope="module")
def objects(tmp_path_factory) -> list[Object]:
    """Every object of these kinds that overlays, components, chart and the example for Flux have."""
    order = [name for name in COMPONENTS if name not in NEEDS] + list(NEEDS)
    every = [
        *with_components(order).values(),
        *with_components(["gateway"]).values(),
        *overlay("production"),
        *rendered(tmp_path_factory.mktemp("chart"), components=dict.fromkeys(DEFAULTS["components"], True)),
        *(item for path in FOLDER.glob("*.yaml") for item in yaml.safe_load_all(path.read_text(encoding="utf-8"))),
    ]
    return [item for item in every if item["kind"] in PACKAGES]


def test_only_kinds_without_a_package_are_not_checked():
    assert set(PACKAGES) == {*FOREIGN, *FLUX} - WITHOUT_TYPES


def test_every_object_of_another_projects_kind_has_the_form_that_the_project_asks_for(objects, tmp_path):
    assert {item["kind"] for item in objects} == set(PACKAGES)
    assert find_faults(tmp_path, objects) == ""


def test_an_unknown_field_and_a_value_of_another_type_are_found(objects, tmp_path):
    release = copy.deepcopy(of_kind(objects, "HelmRelease")["stockcast"])
    route = copy.deepcopy(of_kind(objects, "HTTPRoute")["webserver"])
    release["spec"]["upgrade"]["disableWaitForJob"] = True
    route["spec"]["rules"][0]["matches"][0]["path"]["type"] = "Suffix"
    unknown, wrong = (line for line in find_faults(tmp_path, [release, route]).splitlines() if line[0] != " ")
    assert "disableWaitForJob" in unknown
    assert "Suffix" in wrong
