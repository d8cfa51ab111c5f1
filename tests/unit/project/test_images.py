"""Each image has exactly the packages that its service imports."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest
import yaml

from test_support.paths import ROOT

SERVICES = ("webserver", "ingestion_service", "forecast_service")
OURS = {"common", *SERVICES, "local_stack", "tests", "benchmarks"}
BY_NAME = {
    "webserver": {"gunicorn", "flask-openapi3-swagger", "packaging"},  # gunicorn imports packaging without requiring it
    "ingestion_service": {"bokeh-sampledata"},
    "forecast_service": {"cryptography"},  # by it Dask makes the certificate of a cluster of one machine
}
"""The packages that a service uses without an import: it starts or finds them by name."""

COMMANDS = {
    "webserver": {"common.sql.__main__", "local_stack.backups.cluster"},
    "ingestion_service": set(),
    "forecast_service": set(),
}
"""The modules outside of a service that its image starts."""


def imported(service: str) -> set[str]:
    """Return the distributions that a service imports, directly or through the project's modules."""
    graph = grimp.build_graph("common", "local_stack", *SERVICES, include_external_packages=True)
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


def test_what_the_web_servers_worker_loads_is_in_its_image():
    """Also what a library imports without requiring it."""
    program = "import sys, webserver.server.gevent_worker; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    providers = packages_distributions()
    loaded = {normalised(name) for module in done.stdout.split() for name in providers.get(module, [])}
    assert loaded - {"setuptools"} <= exported(ROOT / "requirements" / "webserver.txt")


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_runs_as_a_numbered_user_and_shows_its_health(service):
    text = (ROOT / "dockerfiles" / f"{service}.Dockerfile").read_text()
    assert text.startswith("# ")
    assert base_of(text) == base_of((ROOT / "dockerfiles" / "stores.Dockerfile").read_text())
    assert "\nUSER 10001:10001\n" in text
    assert "\nHEALTHCHECK " in text
    assert "\nCMD [" in text
    assert text.rindex("FROM ${BASE}\n") < text.index("USER")


def test_the_webservers_image_has_no_model():
    installed = exported(ROOT / "requirements" / "webserver.txt")
    assert "flask" in installed
    assert not {"prophet", "pandas", "scipy", "matplotlib"} & installed


def base_of(text):
    """The base image of a Dockerfile, whose tag the bot renews with the digest."""
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"${BASE}"}
    return re.search(r"^ARG BASE=(python:3\.12-slim@sha256:[0-9a-f]{64})$", text, re.MULTILINE)[1]


def test_actions_are_pinned_by_commit_and_tools_by_version():
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        text = path.read_text()
        used = [action for action in re.findall(r"uses: (.+)", text) if not action.startswith("./")]
        assert [line for line in used if not re.fullmatch(r"\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []
        assert [tool for tool in re.findall(r"pipx run (\S+)", text) if not re.search(r"==[\d.]+\Z", tool)] == []


def test_a_release_is_scanned_and_signed_before_it_has_a_tag():
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]
    build = next(step["with"] for step in jobs["image"]["steps"] if step.get("id") == "build")
    assert build["platforms"] == "linux/amd64,linux/arm64"
    assert (build["sbom"], build["provenance"]) == (True, "mode=max")
    assert "push-by-digest=true" in build["outputs"]
    assert "tags" not in build
    scans = [step for step in jobs["image"]["steps"] if step.get("uses", "").startswith("anchore/scan-action@")]
    assert {scan["env"]["GRYPE_PLATFORM"] for scan in scans} == set(build["platforms"].split(","))
    for scan in scans:
        assert (scan["with"]["severity-cutoff"], scan["with"]["only-fixed"]) == ("critical", True)
        assert scan["with"]["fail-build"] is True
    names = [step.get("name", step.get("id", "")) for step in jobs["image"]["steps"]]
    assert names.index("build") < names.index("Scan for amd64") < names.index("Sign, then tag what was signed")
    sign = jobs["image"]["steps"][names.index("Sign, then tag what was signed")]["run"]
    assert sign.index("cosign sign") < sign.index("skopeo copy")


@pytest.mark.parametrize("service", SERVICES)
def test_the_digest_of_an_image_is_noted_beside_the_folders_of_the_repository(service, tmp_path):
    steps = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]["image"]["steps"]
    note, upload = (step for step in steps if step.get("name") == "Note the digest" or "path" in step.get("with", {}))
    for path in ROOT.iterdir():
        if path.is_dir():
            (tmp_path / path.name).mkdir()
    environment = {"DIGEST": "sha256:1", "SERVICE": service, "PATH": "/usr/bin:/bin"}
    subprocess.run(["bash", "-e", "-c", note["run"]], cwd=tmp_path, env=environment, check=True)
    uploaded = tmp_path / upload["with"]["path"].replace("${{ matrix.service }}", service)
    assert uploaded.read_text() == "sha256:1\n"


def test_each_job_of_a_release_has_only_the_rights_that_it_needs():
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
    assert workflow["permissions"] == {}
    rights = {
        name: {right for right in job["permissions"].items() if right[1] == "write"}
        for name, job in workflow["jobs"].items()
    }
    signing = {("packages", "write"), ("id-token", "write")}
    assert rights == {
        "version": set(), "tests": set(), "image": signing, "chart": signing, "publish": {("contents", "write")},
    }  # fmt: skip
    assert workflow["jobs"]["image"]["needs"] == ["version", "tests"]
