"""``k8s/play.sh`` needs podman, which not every machine has. The pods that it plays are checked everywhere."""

import base64
import re
import subprocess

import pytest

from tests.integration.project.test_k8s_manifests import of_kind, pod_specs
from tools.helm_chart.manifests import Object
from tools.podman_play.certificates import make_certificates
from tools.podman_play.overlay import COMPONENTS, render_overlay
from tools.podman_play.pods import Pod, find_host_names, find_pods, to_podman

ADDRESSES = re.compile(r"[@/,]([a-z0-9.-]+):\d+|^([a-z0-9-]+):\d+$")


@pytest.fixture(scope="module", params=[(), COMPONENTS], ids=["local", "with components"])
def objects(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Object]:
    return render_overlay(tmp_path_factory.mktemp("overlay"), request.param)


@pytest.fixture
def pods(objects: list[Object]) -> list[Pod]:
    return find_pods(objects)


def test_each_container_of_the_overlay_is_played_with_an_image_that_is_made_here(objects, pods):
    rendered = {
        (name.split("/")[1], container["name"])
        for name, _, spec in pod_specs(objects)
        for container in spec.get("initContainers", []) + spec["containers"]
    }
    played = {
        (pod.owner[1], container["name"]): container["image"]
        for pod in pods
        for each in (*pod.preparations, pod)
        for container in each.containers
    }
    assert set(played) == rendered
    assert {image.split("/")[0] for image in played.values()} == {"localhost"}


def test_each_pod_has_a_name_an_address_and_volumes_of_its_own(pods):
    assert len({pod.name for pod in pods}) == len({pod.address for pod in pods}) == len(pods)
    claims = [
        volume["persistentVolumeClaim"]["claimName"]
        for pod in pods
        for volume in pod.spec["volumes"]
        if "persistentVolumeClaim" in volume
    ]
    assert len(set(claims)) == len(claims) > len(pods)


def test_init_containers_are_played_before_and_a_sidecar_beside(pods):
    by_name = {pod.name: pod for pod in pods}
    found = {pod.name: [before.name for before in pod.preparations] for pod in pods if pod.preparations}
    assert found == {
        "ingestion": ["ingestion-bucket"],
        "webserver": ["webserver-wait-for-sql"],
        "backup": ["backup-dump"],
    }
    assert [container["name"] for container in by_name["market"].containers] == ["scheduler", "market"]
    (dump,) = by_name["backup"].preparations
    assert (dump.address, dump.spec["volumes"]) == (by_name["backup"].address, by_name["backup"].spec["volumes"])


def test_each_address_in_settings_secrets_and_commands_leads_to_a_pod(objects, pods):
    names = {name for _, name in find_host_names(objects, pods)}
    texts = [text for item in of_kind(objects, "ConfigMap").values() for text in item["data"].values()]
    for secret in of_kind(objects, "Secret").values():
        texts += [base64.b64decode(value).decode() for value in secret["data"].values()]
    texts += [word for pod in pods for container in pod.containers for word in container.get("command", [])]
    asked = {host for text in texts for pair in ADDRESSES.findall(text) for host in pair if host}
    assert asked >= {"ingestion", "forecast", "market", "object-store", "postgresql"}
    assert asked - {"127.0.0.1"} <= names


def test_podman_gets_no_field_that_it_would_misread(pods):
    for pod in pods:
        spec = to_podman(pod, [("10.89.77.9", "redis")])["spec"]
        assert "initContainers" not in spec
        for container in spec["containers"]:
            assert not {"ports", "readinessProbe", "livenessProbe", "startupProbe", "restartPolicy"} & set(container)
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
        for volume in spec["volumes"]:
            assert volume.get("secret", {"optional": False})["optional"] is False


def test_a_shell_puts_variables_into_a_command_and_nothing_else():
    command = ["printf", "%s|"]
    args = ["$(NAME)", "--x=$(NAME)$(OTHER)", "", "it's $NAME", "$(NAME"]
    pod = Pod("a", ("Job", "a"), {}, "", {"containers": [{"command": command, "args": args}], "volumes": []})
    (container,) = to_podman(pod, [])["spec"]["containers"]
    values = {"NAME": "a 'b\"", "OTHER": "$NAME"}
    assert "args" not in container
    written = subprocess.run(container["command"], env=values, capture_output=True, text=True, check=True).stdout
    assert written.split("|")[:-1] == ["a 'b\"", "--x=a 'b\"$NAME", "", "it's $NAME", "$(NAME"]


def test_each_certificates_secret_has_its_files(objects):
    wanted = {
        item["spec"]["secretName"] for item in of_kind(objects, "Certificate").values() if not item["spec"].get("isCA")
    }
    made = make_certificates(objects)
    assert set(made) == wanted
    for files in made.values():
        assert set(files) == {"tls.crt", "tls.key", "ca.crt"}
