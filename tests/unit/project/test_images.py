"""Each image has exactly the packages that its service imports."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest

from test_support.paths import ROOT

SERVICES = ("webserver", "ingestion_service", "forecast_service")
OURS = {"common", *SERVICES, "local_stack", "tests", "benchmarks"}
BY_NAME = {
    "webserver": {"gunicorn", "plotly", "flask-openapi3-swagger"},
    "ingestion_service": {"bokeh-sampledata"},
    "forecast_service": {"cryptography"},  # by it Dask makes the certificate of a cluster of one machine
}
"""The packages that a service uses without an import: it starts or finds them by name."""

COMMANDS = {"webserver": {"common.sql.__main__"}, "ingestion_service": set(), "forecast_service": set()}
"""The modules outside of a service that its image starts."""


def imported(service: str) -> set[str]:
    """Return the distributions that a service imports, directly or through the project's modules."""
    graph = grimp.build_graph("common", *SERVICES, include_external_packages=True)
    started = COMMANDS[service]
    todo = [module for module in graph.modules if module.split(".")[0] == service or module in started]
    seen = set(todo)
    while todo:
        for found in graph.find_modules_directly_imported_by(todo.pop()) - seen:
            seen.add(found)
            todo.append(found)
    providers = packages_distributions()
    return {
        normalised(providers[top][0])
        for module in seen
        if (top := module.split(".")[0]) in providers and top not in OURS
    }


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def group(name: str) -> set[str]:
    """The packages of a dependency group."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    return {normalised(re.split(r"[\[;]", package)[0]) for package in groups[name]}


def exported(path: Path) -> set[str]:
    """The packages of an exported list."""
    return {normalised(name) for name in re.findall(r"^([\w.-]+)==", path.read_text(), re.MULTILINE)}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.filterwarnings("ignore")
def test_an_image_has_exactly_the_packages_that_its_service_imports(service):
    wanted = imported(service) | BY_NAME[service] | {"tzdata"}
    stubs = {name for name in wanted if name.startswith(("mypy-boto3", "types-", "boto3-stubs"))}
    assert group(service) == wanted - stubs


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_runs_as_a_numbered_user_and_shows_its_health(service):
    text = (ROOT / "dockerfiles" / f"{service}.Dockerfile").read_text()
    assert text.startswith("# ")
    assert "\nARG BASE=python:3.12-slim\n" in text
    assert "\nUSER 10001:10001\n" in text
    assert "\nHEALTHCHECK " in text
    assert "\nCMD [" in text
    assert text.rindex("FROM ${BASE}\n") < text.index("USER")


def test_the_webservers_image_has_no_model():
    installed = exported(ROOT / "requirements" / "webserver.txt")
    assert "flask" in installed
    assert not {"prophet", "pandas", "scipy", "matplotlib"} & installed


def test_actions_of_the_pipeline_are_pinned_and_images_have_provenance():
    text = (ROOT / ".github/workflows/ci.yml").read_text()
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert [action for action in used if not re.search(r"@(v\d+\.\d+\.\d+|[0-9a-f]{40})\Z", action)] == []
    assert re.search(r"pipx run checkov==\d+\.\d+\.\d+ ", text)
    assert "sbom: true" in text
    assert "provenance: mode=max" in text
