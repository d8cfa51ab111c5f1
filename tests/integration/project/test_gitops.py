"""The objects for Flux fit to the chart and to the workflow that signs it."""

import json
import re

import jsonschema
import pytest
import yaml

from common.runtime.version import VERSION
from test_support.paths import ROOT
from tests.integration.project.test_helm_chart import DEFAULTS, SCHEMA, merged, rendered
from tests.integration.project.test_k8s_manifests import check_form, of_kind, overlay

FOLDER = ROOT / "k8s" / "gitops" / "flux"
FLUX = {"OCIRepository": "source.toolkit.fluxcd.io/v1", "HelmRelease": "helm.toolkit.fluxcd.io/v2"}
"""Kinds of Flux; test_foreign_kinds compares them with its types."""


@pytest.fixture
def objects():
    return [item for path in sorted(FOLDER.glob("*.yaml")) for item in yaml.safe_load_all(path.read_text())]


def test_every_object_has_a_form_that_is_known(objects):
    for item in objects:
        if item["kind"] in FLUX:
            assert item["apiVersion"] == FLUX[item["kind"]]
        else:
            check_form(json.dumps(item))
    assert {item["kind"] for item in objects} == {"Namespace", *FLUX}


def test_the_values_are_those_of_the_chart(objects, tmp_path):
    (release,) = of_kind(objects, "HelmRelease").values()
    values = release["spec"]["values"]
    jsonschema.validate(merged(DEFAULTS, values), SCHEMA)
    assert rendered(tmp_path, **values)
    # Each user replaces these.
    assert {"host", "s3", "roles", "gateway"} <= set(values)
    assert all(values[name].keys() == DEFAULTS[name].keys() for name in ("s3", "roles", "gateway"))


def test_the_namespace_is_that_of_the_overlay(objects):
    (ours,), (theirs,) = (of_kind(each, "Namespace").values() for each in (objects, overlay("production")))
    assert theirs["metadata"]["labels"].items() >= ours["metadata"]["labels"].items()


def test_only_charts_are_taken_that_the_release_workflow_signed_for_a_tag(objects):
    (source,) = of_kind(objects, "OCIRepository").values()
    (release,) = of_kind(objects, "HelmRelease").values()
    assert release["spec"]["chartRef"] == {"kind": "OCIRepository", "name": source["metadata"]["name"]}
    verify = source["spec"]["verify"]
    assert verify["provider"] == "cosign"
    (identity,) = verify["matchOIDCIdentity"]
    path = ".github/workflows/release.yml"
    assert "cosign sign" in (ROOT / path).read_text()
    signer = f"https://github.com/OWNER/stockcast/{path}@refs/tags/v{VERSION}"
    assert re.search(identity["subject"], signer)
    for other in (
        f"{signer}-rc1",
        signer.replace("OWNER", "evil"),
        signer.replace("release.yml", "ci.yml"),
        signer.replace(f"tags/v{VERSION}", "heads/main"),
        f"https://evil.example/?{signer}",
    ):
        assert not re.search(identity["subject"], other)
    assert re.search(identity["issuer"], "https://token.actions.githubusercontent.com")
    assert not re.search(identity["issuer"], "https://token.actions.githubusercontent.com.evil.example")


def test_the_workflow_pushes_the_chart_to_where_flux_looks(objects):
    (source,) = of_kind(objects, "OCIRepository").values()
    text = (ROOT / ".github/workflows/release.yml").read_text()
    assert 'helm push "stockcast-$VERSION.tgz" "oci://$REGISTRY/charts"' in text
    assert source["spec"]["url"] == "oci://ghcr.io/OWNER/stockcast/charts/stockcast"
