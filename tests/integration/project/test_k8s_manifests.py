"""Renders the manifests as kustomize does, and asserts of every container what a platform team asks for."""

from __future__ import annotations

import copy
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml

from common.redis.client.addresses import RedisAddress
from common.runtime.hosts import AllowedHosts, Host
from common.s3.objects import make_s3_client
from common.service.settings import SharedSettings
from forecast_service.market.workers import parser, worker_command
from forecast_service.settings import ForecastSettings
from ingestion_service.prices.sessions import PUBLISHED_AFTER
from ingestion_service.settings import IngestionSettings
from tests.conftest import skip_or_fail
from webserver.app import create_app
from webserver.insights.language_model.settings import LanguageModelSettings
from webserver.people.settings import PeopleSettings
from webserver.settings import WebSettings

K8S = Path(__file__).parents[3] / "k8s"
OVERLAYS = ("local", "production")
COMPONENTS = sorted(path.name for path in (K8S / "components").iterdir())
NEEDS = {"keda": ("autoscaling", "monitoring", "keda"), "vpa": ("redis", "vpa")}
FOREIGN = {
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "ScaledObject": "keda.sh/v1alpha1",
    "VerticalPodAutoscaler": "autoscaling.k8s.io/v1",
    "Issuer": "cert-manager.io/v1",
    "Certificate": "cert-manager.io/v1",
    "Cluster": "postgresql.cnpg.io/v1",
    "ScheduledBackup": "postgresql.cnpg.io/v1",
    "ObjectStore": "barmancloud.cnpg.io/v1",
    "PodMonitor": "monitoring.coreos.com/v1",
    "PrometheusRule": "monitoring.coreos.com/v1",
}
"""Kinds that Kubernetes does not have of itself. test_foreign_kinds compares them with their projects' types."""
KUBERNETES = "1.31"
LONGEST_REQUEST_S = 30
MOST_MATCHES = 8
"""The most matches of a rule of an HTTPRoute before version 1.2 of the Gateway API."""
USERS_OF_STORES = ("webserver", "ingestion", "forecast", "refresh", "alerts", "track-record")
"""All use Redis and the object store."""
ARROWS = {
    ("webserver", "ingestion", 6001),
    ("ingestion", "forecast", 6002),
    ("market", "redis", 6379),
    ("market", "object-store", 8333),
    ("market", "market-workers", 8788),
    ("market", "market-workers", 8789),
    ("market-workers", "market", 8786),
    ("market-workers", "object-store", 8333),
    ("alerts", "ingestion", 6001),
    ("track-record", "ingestion", 6001),
    *((service, "redis", 6379) for service in USERS_OF_STORES),
    *((service, "object-store", 8333) for service in USERS_OF_STORES),
    *((service, "postgresql", 5432) for service in ("webserver", "alerts", "track-record", "migrate", "clean")),
}
JOBS = {"CronJob", "Job"}
"""Kinds whose pods end by themselves."""
Object = Mapping[str, Any]


def rendered(folder: Path) -> list[Object]:
    """Return the objects that ``kubectl apply -k`` would send."""
    if shutil.which("kubectl"):
        command = ["kubectl", "kustomize", str(folder)]
    elif shutil.which("kustomize"):
        command = ["kustomize", "build", str(folder)]
    else:
        skip_or_fail("neither kubectl nor kustomize is there to render the manifests")
    done = subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stderr
    return [item for item in yaml.load_all(done.stdout, yaml.CSafeLoader) if item]


@cache
def overlay(name: str) -> list[Object]:
    return rendered(K8S / "overlays" / name)


def with_components(folder: Path, components: tuple[str, ...]) -> list[Object]:
    """The base with components that no overlay need have, and the secrets that they refer to left out."""
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [os.path.relpath(K8S / "base", folder)],
        "components": [os.path.relpath(K8S / "components" / name, folder) for name in components],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    return rendered(folder)


def pod_specs(objects: list[Object]) -> Iterator[tuple[str, Object, Object]]:
    """The kind and name, the object, and the pod's specification."""
    for item in objects:
        spec = item.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", {}).get("template") or spec.get("template")
        if template and "spec" in template:
            yield f"{item['kind']}/{item['metadata']['name']}", item, template["spec"]


def containers(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    for name, _, spec in pod_specs(objects):
        for container in spec.get("initContainers", []) + spec["containers"]:
            yield f"{name}/{container['name']}", container


def serving(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    for name, item, spec in pod_specs(objects):
        if item["kind"] not in JOBS:
            for container in spec["containers"]:
                yield f"{name}/{container['name']}", container


def of_kind(objects: list[Object], kind: str) -> dict[str, Object]:
    return {item["metadata"]["name"]: item for item in objects if item["kind"] == kind}


def seconds(handler: Object) -> int:
    return int(handler["exec"]["command"][1])


@pytest.fixture(params=OVERLAYS)
def objects(request: pytest.FixtureRequest) -> list[Object]:
    return overlay(request.param)


def check_forms(objects: list[Object]) -> None:
    """Fail where an object is not of the form that Kubernetes asks for, unknown fields included."""
    assert objects
    for item in objects:
        if item["kind"] in FOREIGN:
            assert item["apiVersion"] == FOREIGN[item["kind"]]
        else:
            check_form(json.dumps(item, sort_keys=True))


@cache
def check_form(text: str) -> None:
    """Raise ValidationError where one is not; most objects are the same in every combination, and are checked once."""
    kubernetes_validate.validate(json.loads(text), KUBERNETES, strict=True)


def test_every_object_has_the_form_that_kubernetes_asks_for(objects):
    check_forms(objects)


def test_a_field_that_kubernetes_does_not_know_is_found(objects):
    deployment = copy.deepcopy(of_kind(objects, "Deployment")["forecast"])
    deployment["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="readynessProbe"):
        check_forms([deployment])


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_component_renders_on_the_base(component, tmp_path):
    check_forms(with_components(tmp_path, NEEDS.get(component, (component,))))


def test_every_pair_of_components_renders_together(tmp_path):
    free = [name for name in COMPONENTS if name not in NEEDS]
    for number, pair in enumerate(itertools.combinations(free, 2)):
        folder = tmp_path / str(number)
        folder.mkdir()
        check_forms(with_components(folder, pair))


def test_all_components_render_together(tmp_path):
    order = [name for name in COMPONENTS if name not in NEEDS] + list(NEEDS)
    objects = with_components(tmp_path, tuple(order))
    check_forms(objects)
    assert {item["kind"] for item in objects} >= set(FOREIGN)


def test_everything_is_in_one_namespace_that_enforces_restricted_pods(objects):
    namespaced = [item for item in objects if item["kind"] != "Namespace"]
    assert {item["metadata"]["namespace"] for item in namespaced} == {"stockcast"}
    (namespace,) = of_kind(objects, "Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_every_container_has_requests_and_limits(objects):
    for name, container in containers(objects):
        resources = container["resources"]
        assert set(resources["requests"]) == set(resources["limits"]) == {"cpu", "memory"}, name


def test_every_container_is_restricted(objects):
    for name, container in containers(objects):
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False, name
        assert context["readOnlyRootFilesystem"] is True, name
        assert context["capabilities"] == {"drop": ["ALL"]}, name
        assert "privileged" not in context, name


def test_every_pod_is_restricted_and_knows_nothing_of_the_cluster(objects):
    for name, _, spec in pod_specs(objects):
        context = spec["securityContext"]
        assert context["runAsNonRoot"] is True, name
        assert context["runAsUser"] > 0, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["enableServiceLinks"] is False, name
        assert spec["serviceAccountName"] != "default", name
        assert not any(spec.get(part) for part in ("hostNetwork", "hostPID", "hostIPC")), name
        assert not any("hostPath" in volume for volume in spec.get("volumes", [])), name


def test_every_service_account_brings_no_token_and_no_role_exists(objects):
    assert all(
        account["automountServiceAccountToken"] is False for account in of_kind(objects, "ServiceAccount").values()
    )
    assert not [item for item in objects if "Role" in item["kind"]]


def test_only_tmp_and_data_can_be_written(objects):
    for name, container in containers(objects):
        mounts = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
        allowed = {"/tmp", "/data", "/var/run/postgresql"}  # noqa: S108 - mounts; the last one holds a socket
        assert set(mounts) <= allowed, name
        assert "/tmp" in mounts, name  # noqa: S108 - as above


def test_every_server_has_three_probes_and_liveness_looks_at_nothing_outside(objects):
    for name, container in serving(objects):
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert probe in container, f"{name} has no {probe}"
        liveness = container["livenessProbe"]
        assert liveness.get("httpGet", {}).get("path") not in {"/readyz", "/-/ready"}, name
        if "exec" in liveness:
            assert "-e" not in liveness["exec"]["command"], f"{name} would be restarted for an answer that refuses"
        if name.split("/")[1] in {"webserver", "ingestion", "forecast"}:
            assert container["startupProbe"]["httpGet"]["path"] == "/livez"
            assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
            assert liveness["httpGet"]["path"] == "/livez"


def test_probes_name_ports_that_are_there(objects):
    for name, container in serving(objects):
        ports = {port["name"] for port in container["ports"]}
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            handler = container[probe].get("httpGet") or container[probe].get("tcpSocket")
            assert handler is None or handler["port"] in ports, name


def test_every_server_drains_before_it_ends(objects):
    for name, item, spec in pod_specs(objects):
        if item["kind"] not in JOBS:
            sleeps = [seconds(container["lifecycle"]["preStop"]) for container in spec["containers"]]
            assert all(sleeps), name
            assert spec["terminationGracePeriodSeconds"] > LONGEST_REQUEST_S + max(sleeps), name


def test_the_web_server_waits_for_its_last_requests_and_the_pod_for_the_web_server(tmp_path):
    (settings,) = (item["data"] for name, item in of_kind(overlay("local"), "ConfigMap").items() if "settings" in name)
    deadline = {"REQUEST_DEADLINE_S": settings["REQUEST_DEADLINE_S"], "TMPDIR": str(tmp_path)}
    read = "import runpy; print(runpy.run_path('webserver/gunicorn.conf.py')['graceful_timeout'])"
    command = [sys.executable, "-c", read]
    waits = float(subprocess.check_output(command, cwd=K8S.parent, env=os.environ | deadline))
    assert waits > float(settings["REQUEST_DEADLINE_S"])
    spec = of_kind(overlay("local"), "Deployment")["webserver"]["spec"]["template"]["spec"]
    asleep = seconds(spec["containers"][0]["lifecycle"]["preStop"])
    assert spec["terminationGracePeriodSeconds"] > asleep + waits


@pytest.mark.parametrize(("name", "auth"), [("local", "open"), ("production", "on")])
def test_no_overlay_lets_strangers_change_anything(name, auth):
    (settings,) = [one for one in overlay(name) if one["kind"] == "ConfigMap" and "AUTH" in one["data"]]
    assert settings["data"]["AUTH"] == auth


def test_the_web_server_waits_for_the_migration_and_all_use_one_store(objects):
    specs = {name: spec for name, _, spec in pod_specs(objects)}
    (wait,) = specs["Deployment/webserver"]["initContainers"]
    assert wait["command"] == ["python", "-m", "common.sql", "wait"]
    assert specs["Job/migrate"]["containers"][0]["command"] == ["python", "-m", "common.sql", "migrate"]
    assert wait["image"] == specs["Job/migrate"]["containers"][0]["image"]
    for name in ("Deployment/webserver", "Job/migrate", "CronJob/alerts", "CronJob/track-record", "CronJob/clean"):
        assert any(kind == "Secret" and secret.startswith("sql") for kind, secret in references(specs[name])), name


def test_the_local_overlay_has_room_on_a_node_of_two_cores():
    asked = 0.0
    for _, item, spec in pod_specs(overlay("local")):
        if item["kind"] not in JOBS:
            shares = [
                max(cores(container["resources"]["requests"]["cpu"]) for container in group)
                for group in (spec["containers"], spec.get("initContainers", []))
                if group
            ]
            asked += item["spec"]["replicas"] * max(shares)
    assert asked <= 0.8


def cores(amount: str | int) -> float:
    return float(amount[:-1]) / 1000 if isinstance(amount, str) and amount.endswith("m") else float(amount)


def test_servers_are_spread_and_their_disruption_is_bounded(objects):
    budgets = of_kind(objects, "PodDisruptionBudget")
    for name, item, spec in pod_specs(objects):
        if item["kind"] in JOBS:
            continue
        constraints = spec["topologySpreadConstraints"]
        assert {constraint["topologyKey"] for constraint in constraints} >= {"kubernetes.io/hostname"}, name
        labels = item["spec"]["template"]["metadata"]["labels"]
        selector = budgets[item["metadata"]["name"]]["spec"]["selector"]["matchLabels"]
        for wanted in (selector, *(constraint["labelSelector"]["matchLabels"] for constraint in constraints)):
            assert wanted.items() <= labels.items(), name


def test_a_roll_out_never_has_fewer_pods_than_asked_for(objects):
    deployments = of_kind(objects, "Deployment")
    assert set(deployments) >= {"webserver", "ingestion", "forecast"}
    for name, deployment in deployments.items():
        strategy = deployment["spec"]["strategy"]
        assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}, name


def test_images_have_exact_tags_and_none_is_frozen_or_archived(objects):
    for name, container in containers(objects):
        image = container["image"]
        assert re.search(r":v?\d+\.\d+(\.\d+)?(-alpine)?\Z|@sha256:[0-9a-f]{64}\Z", image), f"{name}: {image}"
        assert "bitnami" not in image, name
        assert "minio" not in image, name


def test_every_service_selects_pods_and_names_their_ports(objects):
    pods = {
        name: (labels, spec)
        for name, item, spec in pod_specs(objects)
        if (labels := (item["spec"].get("jobTemplate", item)["spec"]["template"]["metadata"]["labels"]))
    }
    for name, service in of_kind(objects, "Service").items():
        chosen = [spec for labels, spec in pods.values() if service["spec"]["selector"].items() <= labels.items()]
        assert len(chosen) == 1, name
        serving = chosen[0]["containers"] + chosen[0].get("initContainers", [])
        ports = {port["name"] for container in serving for port in container.get("ports", [])}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports, name


def test_configuration_has_only_settings_that_some_service_knows(objects):
    (settings,) = (item for name, item in of_kind(objects, "ConfigMap").items() if name.startswith("settings-"))
    kinds = (WebSettings, PeopleSettings, LanguageModelSettings, IngestionSettings, ForecastSettings)
    known = {field.upper() for kind in kinds for field in kind.model_fields}
    assert {name for name in settings["data"] if not name.startswith("AWS_")} <= known


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_web_server_answers_to_every_name_by_which_the_manifests_call_it(name):
    objects = overlay(name)
    (settings,) = (item["data"] for key, item in of_kind(objects, "ConfigMap").items() if key.startswith("settings-"))
    allowed = AllowedHosts.parse(settings["ALLOWED_HOSTS"])
    called = {host for route in of_kind(objects, "HTTPRoute").values() for host in route["spec"]["hostnames"]}
    called |= {urlsplit(url).netloc for url in re.findall(r"http://webserver[^\s\"'\\\\]*", json.dumps(objects))}
    services = ("webserver", "ingestion", "forecast")
    called |= {f"{service}{rest}" for service in services for rest in ("", ".stockcast", ".stockcast.svc:5000")}
    assert [host for host in called if not allowed.allows(Host.parse(host))] == []
    assert not allowed.allows(Host.parse("evil.example"))


def test_an_overlay_with_a_prefix_works_with_the_settings_that_the_operators_notes_name(tmp_path):
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "stockcast",
        "namePrefix": "dev-",
        "resources": [os.path.relpath(K8S / "base", tmp_path)],
        "configMapGenerator": [
            {
                "name": "settings",
                "behavior": "merge",
                "literals": [
                    *("INGESTION_ADDRESS=dev-ingestion:6001", "FORECAST_ADDRESS=dev-forecast:6002"),
                    "ALLOWED_HOSTS=dev-webserver,dev-ingestion,dev-forecast,.stockcast,.svc,.svc.cluster.local",
                ],
            }
        ],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    objects = rendered(tmp_path)
    ((name, settings),) = of_kind(objects, "ConfigMap").items()
    services = set(of_kind(objects, "Service"))
    addresses = {value.partition(":")[0] for key, value in settings["data"].items() if key.endswith("_ADDRESS")}
    assert addresses == {"dev-ingestion", "dev-forecast"}
    assert addresses <= services
    allowed = AllowedHosts.parse(settings["data"]["ALLOWED_HOSTS"])
    assert all(allowed.allows(Host.parse(service)) for service in services)
    configured = [spec for _, item, spec in pod_specs(objects) if item["kind"] != "Job"]
    assert all(("ConfigMap", name) in references(spec) for spec in configured)
    notes = (K8S / "README.md").read_text(encoding="utf-8")
    assert {key for key in settings["data"] if key.endswith("_ADDRESS") or key == "ALLOWED_HOSTS"} <= set(
        re.findall(r"`([A-Z_0-9]+)`", notes)
    )


@pytest.mark.parametrize(
    ("name", "region", "endpoint"),
    [
        ("local", "us-east-1", "http://object-store:8333"),
        ("production", "eu-central-1", "https://s3.eu-central-1.amazonaws.com"),
    ],
)
def test_the_object_stores_client_understands_the_names_that_say_which_it_is(name, region, endpoint, monkeypatch):
    (settings,) = (item["data"] for key, item in of_kind(overlay(name), "ConfigMap").items() if "settings" in key)
    for variable in [variable for variable in os.environ if variable.startswith("AWS_")]:
        monkeypatch.delenv(variable)
    for variable in settings:
        if variable.startswith("AWS_"):
            monkeypatch.setenv(variable, settings[variable])
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "as a Secret has it")
    client = make_s3_client()
    assert (client.meta.region_name, client.meta.endpoint_url) == (region, endpoint)


def test_whatever_is_referred_to_is_there_or_named_as_the_operators(objects):
    made = {(kind, name) for kind in ("ConfigMap", "Secret") for name in of_kind(objects, kind)}
    ours = made | {
        ("Secret", name) for name in ("redis", "sql", "mail", "web-push", "language-model", "providers", "grafana")
    }
    for name, _, spec in pod_specs(objects):
        for kind, referred in references(spec):
            assert (kind, referred) in ours, f"{name} refers to {kind} {referred}"


def references(spec: Object) -> Iterator[tuple[str, str]]:
    for container in spec.get("initContainers", []) + spec["containers"]:
        for source in container.get("envFrom", []):
            for kind in ("configMap", "secret"):
                if f"{kind}Ref" in source:
                    yield kind[0].upper() + kind[1:], source[f"{kind}Ref"]["name"]
        for variable in container.get("env", []):
            if "secretKeyRef" in variable.get("valueFrom", {}):
                yield "Secret", variable["valueFrom"]["secretKeyRef"]["name"]
    for volume in spec.get("volumes", []):
        if "secret" in volume:
            yield "Secret", volume["secret"]["secretName"]
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]


def test_only_ingestion_may_write_prices_and_only_it_has_the_sources_keys():
    held = {
        name: {secret for kind, secret in references(spec) if kind == "Secret"}
        for name, _, spec in pod_specs(overlay("local"))
    }
    for service, writes in (
        ("Deployment/forecast", False),
        ("CronJob/alerts", False),
        ("CronJob/track-record", False),
        ("Deployment/ingestion", True),
        ("CronJob/refresh", True),
    ):
        names = {
            secret.rsplit("-", 1)[0]
            for secret in held[service]
            if secret not in {"providers", "mail", "web-push", "language-model"}
        }
        assert ("s3-writer" in names) is writes, service
        assert ("s3-reader" in names) is not writes, service
        assert ("providers" in held[service]) is writes, service


def test_the_web_server_writes_only_where_uploaded_files_wait():
    held = {
        name: {secret.rsplit("-", 1)[0] for kind, secret in references(spec) if kind == "Secret"}
        for name, _, spec in pod_specs(overlay("local"))
    }
    assert {name for name, secrets in held.items() if "s3-web" in secrets} == {"Deployment/webserver"}
    assert not held["Deployment/webserver"] & {"s3-writer", "s3-reader", "s3-market", "providers"}
    identities = json.loads((K8S / "overlays" / "local" / "identities.json").read_text(encoding="utf-8"))["identities"]
    (actions,) = [identity["actions"] for identity in identities if identity["name"] == "web"]
    assert [action for action in actions if not action.startswith(("Read:", "List:"))] == ["Write:stockcast/incoming/*"]


def test_the_nightly_run_writes_its_own_folder_of_the_store_and_nothing_else():
    for name, _, spec in pod_specs(overlay("local")):
        held = {secret.rsplit("-", 1)[0] for kind, secret in references(spec) if kind == "Secret"}
        assert ("s3-market" in held) is (name in {"CronJob/market", "CronJob/market-workers"}), name
        assert "s3-market" not in held or not held & {"s3-writer", "s3-reader"}
    identities = json.loads((K8S / "overlays" / "local" / "identities.json").read_text(encoding="utf-8"))["identities"]
    (actions,) = [identity["actions"] for identity in identities if identity["name"] == "market"]
    assert [action for action in actions if not action.startswith(("Read:", "List:"))] == ["Write:stockcast/market/*"]


def test_the_hourly_bars_are_written_to_a_folder_of_their_own(tmp_path):
    objects = with_components(tmp_path, ("hourly-bars", "redis", "object-store", "network-policies"))
    reached = {("hourly-bars", "redis", 6379), ("hourly-bars", "object-store", 8333)}
    for direction in ("egress", "ingress"):
        assert {arrow for arrow in arrows(objects, direction) if "hourly-bars" in arrow} == reached
    (spec,) = (spec for name, _, spec in pod_specs(objects) if name == "CronJob/hourly-bars")
    held = {name for kind, name in references(spec) if kind == "Secret"}
    assert held == {"redis", "providers", "s3-hourly-bars"}
    identities = json.loads((K8S / "overlays" / "local" / "identities.json").read_text(encoding="utf-8"))["identities"]
    (actions,) = [identity["actions"] for identity in identities if identity["name"] == "hourly-bars"]
    assert [action for action in actions if not action.startswith(("Read:", "List:"))] == [
        "Write:stockcast/prices/1h/*"
    ]
    assert of_kind(overlay("production"), "ServiceAccount")["hourly-bars"]["metadata"]["annotations"]


def test_a_run_for_hourly_bars_begins_when_sources_have_them_and_ends_before_the_next():
    (job,) = (job for name, job in of_kind(overlay("production"), "CronJob").items() if name == "hourly-bars")
    minute, hours, *_ = job["spec"]["schedule"].split()
    assert (job["spec"]["timeZone"], hours) == ("America/New_York", "10-16")
    assert int(minute) >= 30 + PUBLISHED_AFTER.total_seconds() / 60  # bars end at half past the hour
    assert job["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] < 3600
    assert job["spec"]["concurrencyPolicy"] == "Forbid"


def test_the_nightly_runs_scheduler_ends_with_it_and_its_workers_wait_for_its_name():
    specs = {name: spec for name, _, spec in pod_specs(overlay("local"))}
    (scheduler,) = specs["CronJob/market"]["initContainers"]
    assert scheduler["restartPolicy"] == "Always"  # a container beside the run, not one before it
    port = scheduler["ports"][0]["containerPort"]
    (run,), (worker,) = specs["CronJob/market"]["containers"], specs["CronJob/market-workers"]["containers"]
    assert run["command"][-1] == f"tcp://127.0.0.1:{port}"
    assert worker["command"][-1] == f"tcp://market:{port}"
    assert "market" in of_kind(overlay("local"), "Service")
    jobs = of_kind(overlay("local"), "CronJob")
    assert jobs["market"]["spec"]["schedule"] == jobs["market-workers"]["spec"]["schedule"]


def test_the_nightly_runs_scheduler_reaches_each_worker_and_the_nanny_that_restarts_it():
    objects = overlay("local")
    (worker,) = next(spec["containers"] for name, _, spec in pod_specs(objects) if name == "CronJob/market-workers")
    command = worker_command(parser().parse_args(worker["command"][3:]), "folder")
    used = {name: int(command[command.index(f"--{name}-port") + 1]) for name in ("worker", "nanny")}
    assert {port["name"]: port["containerPort"] for port in worker["ports"]} == used
    for direction in ("egress", "ingress"):
        reached = {(source, port) for source, target, port in arrows(objects, direction) if target == "market-workers"}
        assert reached == {("market", port) for port in used.values()}, direction


def test_production_uses_workload_identity_and_three_web_replicas():
    objects = overlay("production")
    assert not of_kind(objects, "Secret")
    accounts = of_kind(objects, "ServiceAccount")
    roles = {
        name: account["metadata"].get("annotations", {}).get("eks.amazonaws.com/role-arn", "")
        for name, account in accounts.items()
    }
    assert roles["forecast"] == roles["alerts"] == roles["track-record"] != roles["ingestion"] == roles["refresh"]
    assert len({roles[name] for name in ("market", "webserver", "forecast", "ingestion")}) == 4
    assert all(roles[name] for name in USERS_OF_STORES)
    assert of_kind(objects, "HorizontalPodAutoscaler")["webserver"]["spec"]["minReplicas"] == 3


def test_autoscalers_scale_what_is_there_slowly_down_and_nobody_else_says_how_many():
    objects = overlay("production")
    deployments = of_kind(objects, "Deployment")
    for name, scaler in of_kind(objects, "HorizontalPodAutoscaler").items():
        assert "replicas" not in deployments[scaler["spec"]["scaleTargetRef"]["name"]]["spec"], name
        assert scaler["spec"]["behavior"]["scaleDown"]["stabilizationWindowSeconds"] >= 300, name


def test_keda_takes_the_place_of_the_forecasts_autoscaler(tmp_path):
    objects = with_components(tmp_path, NEEDS["keda"])
    assert set(of_kind(objects, "HorizontalPodAutoscaler")) == {"webserver"}
    scaled = of_kind(objects, "ScaledObject")["forecast"]["spec"]
    assert scaled["scaleTargetRef"]["name"] == "forecast"
    scale_down = scaled["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
    assert scale_down["stabilizationWindowSeconds"] >= 300


def test_grafana_has_the_variables_that_its_data_sources_read():
    (grafana,) = (container for name, container in containers(overlay("production")) if container["name"] == "grafana")
    read = re.findall(r"\$(\w+)", (K8S / "components/monitoring/grafana/datasources.yaml").read_text())
    assert read
    assert set(read) <= {variable["name"] for variable in grafana["env"]}


def test_grafana_looks_for_plug_ins_where_its_image_has_them():
    (grafana,) = (container for name, container in containers(overlay("production")) if container["name"] == "grafana")
    assert "GF_PATHS_PLUGINS" not in {variable["name"] for variable in grafana["env"]}
    assert not any(mount["mountPath"].startswith("/var/lib/grafana") for mount in grafana["volumeMounts"])


def test_the_prometheus_operator_scrapes_and_reaches_the_ports_of_all_services(tmp_path):
    objects = with_components(tmp_path, ("network-policies", "prometheus-operator"))
    monitor = of_kind(objects, "PodMonitor")["stockcast"]["spec"]
    (names,) = monitor["selector"]["matchExpressions"]
    scraped = {endpoint["port"] for endpoint in monitor["podMetricsEndpoints"]}
    (policy,) = of_kind(objects, "NetworkPolicy")["scraped-from-outside"]["spec"]["ingress"]
    allowed = {port["port"] for port in policy["ports"]} | {5000}
    for name in names["values"]:
        pod = of_kind(objects, "Deployment")[name]["spec"]["template"]
        assert pod["metadata"]["labels"][monitor["jobLabel"]] == name
        ports = [port for port in pod["spec"]["containers"][0]["ports"] if port["name"] in scraped]
        assert [port["containerPort"] in allowed for port in ports] == [True]


def test_keda_reaches_prometheus_from_its_own_namespace(tmp_path):
    objects = with_components(tmp_path, (*NEEDS["keda"], "network-policies"))
    (trigger,) = of_kind(objects, "ScaledObject")["forecast"]["spec"]["triggers"]
    assert trigger["metadata"]["serverAddress"] == "http://prometheus.stockcast.svc:9090"
    policy = of_kind(objects, "NetworkPolicy")["keda"]["spec"]
    assert policy["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "prometheus"}


def test_the_whole_markets_forecasts_begin_when_the_refresh_has_ended():
    jobs = of_kind(overlay("local"), "CronJob")
    minutes = {
        name: int(job["spec"]["schedule"].split()[1]) * 60 + int(job["spec"]["schedule"].split()[0])
        for name, job in jobs.items()
        if name != "alerts"
    }
    longest = jobs["refresh"]["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] / 60
    assert jobs["refresh"]["spec"]["timeZone"] == jobs["market"]["spec"]["timeZone"]
    assert minutes["refresh"] + longest <= minutes["market"]


def test_each_service_shows_a_certificate_of_its_own_for_the_name_that_it_is_called_by(tmp_path):
    objects = with_components(tmp_path, ("mtls",))
    (settings,) = (item["data"] for name, item in of_kind(objects, "ConfigMap").items() if name.startswith("settings-"))
    called = {"ingestion": settings["INGESTION_ADDRESS"], "forecast": settings["FORECAST_ADDRESS"]}
    certificates = of_kind(objects, "Certificate")
    for service in ("webserver", "ingestion", "forecast"):
        certificate = certificates[service]["spec"]
        assert {"server auth", "client auth"} <= set(certificate["usages"])
        assert called.get(service, service).partition(":")[0] in certificate["dnsNames"]
        assert service in of_kind(objects, "Service")
        assert mounted_secret(objects, service, "/etc/stockcast/tls") == certificate["secretName"]


def mounted_secret(objects: list[Object], deployment: str, folder: str) -> str:
    """The secret whose files a deployment's container finds in a folder that it cannot write."""
    spec = of_kind(objects, "Deployment")[deployment]["spec"]["template"]["spec"]
    (mount,) = (mount for mount in spec["containers"][0]["volumeMounts"] if mount["mountPath"] == folder)
    (secret,) = (volume["secret"] for volume in spec["volumes"] if volume["name"] == mount["name"])
    assert mount["readOnly"] is True
    assert secret["defaultMode"] == 0o440
    return str(secret["secretName"])


def test_all_certificates_come_from_one_authority_whose_key_no_pod_has(tmp_path):
    objects = with_components(tmp_path, ("mtls",))
    issuers, certificates = of_kind(objects, "Issuer"), of_kind(objects, "Certificate")
    authority = certificates.pop("authority")["spec"]
    assert authority["isCA"] is True
    assert {certificate["spec"]["issuerRef"]["name"] for certificate in certificates.values()} == {"authority"}
    assert issuers["authority"]["spec"]["ca"]["secretName"] == authority["secretName"]
    assert not [name for name, _, spec in pod_specs(objects) if ("Secret", authority["secretName"]) in references(spec)]


def test_the_services_are_told_of_their_certificates_by_settings_that_they_know(tmp_path):
    objects = with_components(tmp_path, ("mtls",))
    known = {field.upper() for field in SharedSettings.model_fields if field.startswith("tls_")}
    for name, _, spec in pod_specs(objects):
        references = {
            variable["name"]: variable["value"]
            for variable in spec["containers"][0].get("env", [])
            if variable["name"].startswith("TLS_")
        }
        files = {f"/etc/stockcast/tls/{file}" for file in ("tls.crt", "tls.key", "ca.crt")}
        in_the_clear = name in {
            "CronJob/clean",
            "CronJob/refresh",
            "Job/migrate",
        }  # they speak HTTP, S3, Redis and SQL alone
        assert (set(references), set(references.values())) == ((set(), set()) if in_the_clear else (known, files)), name


def test_the_store_and_redis_keep_what_they_have_on_a_volume():
    objects = overlay("local")
    for name, stateful in of_kind(objects, "StatefulSet").items():
        assert stateful["spec"]["volumeClaimTemplates"], name
    args = of_kind(objects, "StatefulSet")["redis"]["spec"]["template"]["spec"]["containers"][0]["args"]
    options = dict(itertools.pairwise(args))
    assert (options["--appendonly"], options["--maxmemory-policy"]) == ("yes", "noeviction")
    assert "--requirepass" in options


def test_valkey_stands_on_three_nodes_and_refuses_writes_that_no_replica_confirms():
    objects = overlay("production")
    valkey = of_kind(objects, "StatefulSet")["valkey"]
    spec = valkey["spec"]["template"]["spec"]
    apart = {one["topologyKey"]: one["whenUnsatisfiable"] for one in spec["topologySpreadConstraints"]}
    assert (valkey["spec"]["replicas"], apart["kubernetes.io/hostname"]) == (3, "DoNotSchedule")
    assert [container["name"] for container in spec["containers"]] == ["server", "sentinel"]
    start = (K8S / "components" / "valkey-sentinel" / "start.sh").read_text(encoding="utf-8")
    for option in (
        "min-replicas-to-write 1",
        "min-replicas-max-lag 5",
        "appendonly yes",
        "maxmemory-policy noeviction",
    ):
        assert f'"{option}"' in start
    (secret,) = {name for kind, name in references(spec) if kind == "Secret"}
    assert secret == "redis"


def test_valkey_is_reached_by_the_users_of_redis_and_by_itself():
    objects = overlay("production")
    users = {*USERS_OF_STORES, "market", "hourly-bars", "valkey"} & labels_of(objects)
    expected = {(user, "valkey", port) for user in users for port in (6379, 26379)}
    for direction in ("egress", "ingress"):
        assert {arrow for arrow in arrows(objects, direction) if arrow[1] == "valkey"} == expected


def test_the_address_in_the_notes_on_valkey_names_its_pods_and_the_primary():
    notes = (K8S / "components" / "valkey-sentinel" / "kustomization.yaml").read_text(encoding="utf-8")
    (url,) = re.findall(r"redis\+sentinel://[^)\s]+", notes)
    address = RedisAddress.parse(url)
    assert address.sentinels == tuple((f"valkey-{number}.valkey", 26379) for number in range(3))
    assert f"\nname={address.primary_name}\n" in (K8S / "components" / "valkey-sentinel" / "start.sh").read_text()


def test_cloudnative_pg_takes_its_password_from_the_secret_that_the_services_read(tmp_path):
    objects = with_components(tmp_path, ("cloudnative-pg", "network-policies"))
    cluster = of_kind(objects, "Cluster")["sql"]["spec"]
    assert cluster["bootstrap"]["initdb"]["secret"]["name"] == "sql"
    assert (cluster["instances"], cluster["affinity"]["podAntiAffinityType"]) == (3, "required")
    (plugin,) = cluster["plugins"]
    backup = of_kind(objects, "ScheduledBackup")["sql"]["spec"]
    assert plugin["name"] == backup["pluginConfiguration"]["name"]
    assert plugin["parameters"]["barmanObjectName"] in of_kind(objects, "ObjectStore")
    label = cluster["inheritedMetadata"]["labels"]["app.kubernetes.io/name"]
    assert label in of_kind(objects, "NetworkPolicy")
    users = {"webserver", "alerts", "track-record", "migrate", "clean"}
    (*_, admitted) = of_kind(objects, "NetworkPolicy")["sql"]["spec"]["ingress"]
    assert users <= chosen(admitted["from"][0]["podSelector"], labels_of(objects) | users)


def test_monitoring_keeps_what_it_has_on_volumes():
    stateful = of_kind(overlay("production"), "StatefulSet")
    for name in ("prometheus", "grafana"):
        assert stateful[name]["spec"]["volumeClaimTemplates"], name
    args = stateful["prometheus"]["spec"]["template"]["spec"]["containers"][0]["args"]
    assert {argument.partition("=")[0] for argument in args} >= {
        "--storage.tsdb.retention.time",
        "--storage.tsdb.retention.size",
    }


def test_the_backup_reads_every_store_and_has_rights_of_its_own(tmp_path):
    objects = with_components(
        tmp_path, ("redis", "postgresql", "valkey-sentinel", "object-store", "backup", "network-policies")
    )
    stores = {("redis", 6379), ("valkey", 6379), ("valkey", 26379), ("object-store", 8333), ("postgresql", 5432)}
    for direction in ("egress", "ingress"):
        reached = {arrow for arrow in arrows(objects, direction) if "backup" in arrow}
        assert reached == {("backup", *store) for store in stores}
    outside = of_kind(overlay("production"), "NetworkPolicy")["s3-endpoint"]["spec"]["podSelector"]
    assert "backup" in chosen(outside, {"backup"})
    (spec,) = (spec for name, _, spec in pod_specs(objects) if name == "CronJob/backup")
    assert {name for kind, name in references(spec) if kind == "Secret"} == {"redis", "sql", "s3-backup"}
    (server,) = of_kind(objects, "StatefulSet")["postgresql"]["spec"]["template"]["spec"]["containers"]
    assert spec["initContainers"][0]["image"] == server["image"], "pg_dump must be as new as the server"
    for _, container in containers([item for item in objects if item["metadata"]["name"] == "backup"]):
        assert container["securityContext"]["readOnlyRootFilesystem"] is True


def test_without_the_component_network_policies_no_pod_of_another_component_is_cut_off(tmp_path):
    """A policy that selects a pod denies it everything that no policy allows."""
    order = [name for name in COMPONENTS if name not in NEEDS] + list(NEEDS)
    order.remove("network-policies")
    policies = of_kind(with_components(tmp_path, tuple(order)), "NetworkPolicy")
    assert {name: policy["spec"]["podSelector"] for name, policy in policies.items()} == {
        "sql": {"matchLabels": {"cnpg.io/cluster": "sql"}}
    }


def labels_of(objects: list[Object]) -> set[str]:
    return {name.split("/")[1] for name, _, _ in pod_specs(objects)}


def chosen(selector: Object, names: set[str]) -> set[str]:
    """Return the names of the pods that a selector matches."""
    wanted = selector.get("matchLabels", {}).get("app.kubernetes.io/name")
    names = {wanted} & names if wanted else names
    for expression in selector.get("matchExpressions", []):
        names = names & set(expression["values"])
    return names


def arrows(objects: list[Object], direction: str) -> set[tuple[str, str, int]]:
    """Return the connections that policies allow between the project's pods, as (from, to, port)."""
    names, found = labels_of(objects), set()
    side = {"ingress": "from", "egress": "to"}[direction]
    for policy in of_kind(objects, "NetworkPolicy").values():
        mine = chosen(policy["spec"]["podSelector"], names)
        for rule in policy["spec"].get(direction, []):
            for peer in rule.get(side, []):
                if "podSelector" in peer:
                    theirs = chosen(peer["podSelector"], names)
                    for me, they, port in itertools.product(mine, theirs, rule["ports"]):
                        found.add((they, me, port["port"]) if direction == "ingress" else (me, they, port["port"]))
    return found


def test_policies_deny_by_default_and_allow_just_the_arrows_of_the_design():
    objects = overlay("local")
    deny = of_kind(objects, "NetworkPolicy")["default-deny"]["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert arrows(objects, "egress") == ARROWS
    assert arrows(objects, "ingress") == {arrow for arrow in ARROWS if arrow[1] != "webserver"}  # the page is for all


@pytest.mark.parametrize("name", OVERLAYS)
def test_only_what_asks_price_sources_or_notifies_people_reaches_the_internet(name):
    objects = overlay(name)
    for policy in of_kind(objects, "NetworkPolicy").values():
        blocks = [
            peer["ipBlock"]["cidr"]
            for rule in policy["spec"].get("egress", [])
            for peer in rule.get("to", [])
            if "ipBlock" in peer
        ]
        if "0.0.0.0/0" in blocks:
            reached_by = chosen(policy["spec"]["podSelector"], labels_of(objects))
            assert reached_by - {"hourly-bars"} in ({"ingestion", "refresh"}, {"webserver", "alerts"})


def test_every_arrow_leads_to_a_port_that_a_container_has():
    objects = overlay("local")
    ports = {
        (name.split("/")[1], port["containerPort"])
        for name, container in containers(objects)
        for port in container.get("ports", [])
    }
    assert {(target, port) for _, target, port in arrows(objects, "egress")} <= ports


@pytest.mark.parametrize("component", ["ingress", "gateway"])
def test_the_outside_reaches_the_page_and_the_api_and_neither_probes_nor_metrics(component, tmp_path):
    objects = with_components(tmp_path, (component,))
    if component == "ingress":
        (rule,) = of_kind(objects, "Ingress")["webserver"]["spec"]["rules"]
        found = [(path["pathType"], path["path"]) for path in rule["http"]["paths"]]
    else:
        rules = of_kind(objects, "HTTPRoute")["webserver"]["spec"]["rules"]
        assert all(len(rule["matches"]) <= MOST_MATCHES for rule in rules)
        paths_of_rules = [match["path"] for rule in rules for match in rule["matches"]]
        found = [(path["type"].removeprefix("Path"), path["value"]) for path in paths_of_rules]
    paths = set(found)
    assert len(found) == len(paths)
    routes = {rule.rule for rule in create_app(WebSettings()).url_map.iter_rules()}
    hidden = {"/livez", "/readyz", "/metrics"}
    assert {route for route in routes if not is_reached(route, paths)} == routes & hidden


def is_reached(route: str, paths: set[tuple[str, str]]) -> bool:
    return any(route == path if kind == "Exact" else (route + "/").startswith(path + "/") for kind, path in paths)
