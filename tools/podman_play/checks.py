"""What the played pods are used for. Each check raises AssertionError or JobFailed."""

from __future__ import annotations

import json
import subprocess
import time
from http import HTTPStatus
from typing import Any

import boto3

from tools.podman_play.cluster import Cluster
from tools.podman_play.overlay import BACKUP_BUCKET, BACKUP_KEYS
from tools.podman_play.web_client import ENDS, WebClient

SAMPLE = ("AAPL", "FB", "GOOG", "IBM", "MSFT")
"""The stocks of the source "sample", the only one without a network."""
_UNDER_WAY = range(20, 24)
"""The horizons of the requests that are under way, in days."""
_LONGEST_FAILOVER_S = 60


def make_backup_bucket(cluster: Cluster) -> None:
    """Make the bucket that the component backup needs."""
    _backup_client(cluster).create_bucket(Bucket=BACKUP_BUCKET)


def check_restrictions(cluster: Cluster) -> None:
    """Check the first process of each container: its user, no capabilities, no way to more, and a read-only root."""
    for pod in (*cluster.pods_of("StatefulSet"), *cluster.pods_of("Deployment")):
        for container in pod.containers:
            name = f"{pod.name}-{container['name']}"
            text = cluster.podman.run("exec", name, "cat", "/proc/1/status")
            status = {line.partition(":")[0]: line.split()[1] for line in text.splitlines() if len(line.split()) > 1}
            found = (int(status["Uid"]), int(status["CapEff"], 16), int(status["NoNewPrivs"]))
            expected = (pod.spec["securityContext"]["runAsUser"], 0, 1)
            _expect(found == expected, f"{name}: user, capabilities, no new privileges are {found}, not {expected}")
            (state,) = json.loads(cluster.podman.run("inspect", name))
            _expect(state["HostConfig"]["ReadonlyRootfs"], f"the root of {name} can be written")


def check_forecast(cluster: Cluster) -> None:
    """Ask for a forecast through the three services."""
    answer = _web(cluster).forecast("IBM", 30)
    print(f"IBM on {answer['target_date']}: {answer['predicted_price']:.2f} {answer['currency']}", flush=True)


def check_jobs(cluster: Cluster) -> None:
    """Run the jobs of the night, for the stocks that the sample has."""
    tracked = _track_record(cluster, "tracked").splitlines()
    _track_record(cluster, "untrack", *{line.split()[0] for line in tracked} - set(SAMPLE))
    for name in ("refresh", "alerts", "track-record", "clean", "backup"):
        cluster.run_job(name)
    found = _backup_client(cluster).list_objects_v2(Bucket=BACKUP_BUCKET)
    _expect(found["KeyCount"] == 1, f"the bucket of the backups has {found['KeyCount']} objects")


def check_market(cluster: Cluster) -> None:
    """Run the nightly run with a worker, and read its board."""
    cluster.start("market-workers")
    cluster.run_job("market")
    cluster.finish("market-workers")
    status, board = _web(cluster).call("market")
    _expect(status == HTTPStatus.OK, f"no board: {status} {board}")
    print(f"the board has {board['matching']} stocks", flush=True)


def check_failover(cluster: Cluster) -> None:
    """Kill the pod of Valkey's primary while requests are under way, and go on with another primary."""
    web, podman = _web(cluster), cluster.podman
    before = _primary(cluster)
    accepted = [web.submit("IBM", days) for days in _UNDER_WAY]
    podman.run("pod", "kill", before)
    killed = time.monotonic()
    _expect(all(status == HTTPStatus.ACCEPTED for status, _ in accepted), f"before the kill: {accepted}")
    refused = 0
    while (answer := web.submit("MSFT", 40 + refused))[0] != HTTPStatus.ACCEPTED:
        refused += 1
        _expect(time.monotonic() - killed < _LONGEST_FAILOVER_S, f"nothing is accepted after the kill: {answer}")
        time.sleep(0.5)
    passed_s = time.monotonic() - killed
    print(f"{before} was killed; after {passed_s:.1f} s and {refused} refusals a request was accepted", flush=True)
    ends = [web.wait_for_end(number, _LONGEST_FAILOVER_S) for _, number in (*accepted, answer)]
    _expect("done" in ends and ENDS.issuperset(ends), f"the requests ended as {ends}")
    after = _primary(cluster)
    _expect(after != before, f"{before} is still the primary")
    print(f"the requests ended as {', '.join(ends)}; {after} is the primary", flush=True)
    podman.run("pod", "start", before)
    _wait_for_replica(cluster, before)


def _wait_for_replica(cluster: Cluster, name: str) -> None:
    """Wait until a pod's server follows the primary, with everything that it lacked."""
    deadline = time.monotonic() + _LONGEST_FAILOVER_S
    while True:
        text = cluster.podman.run("exec", f"{name}-server", "sh", "-c", "valkey-cli info replication || true")
        state = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        if (state.get("role"), state.get("master_link_status")) == ("slave", "up"):
            print(f"{name} is back, and a replica", flush=True)
            return
        _expect(time.monotonic() < deadline, f"{name} does not follow the primary: {text}")
        time.sleep(0.5)


def _primary(cluster: Cluster) -> str:
    """Return the pod that most Sentinels name."""
    names = []
    for pod in cluster.pods_of("StatefulSet"):
        if pod.owner[1] == "valkey":
            command = ("valkey-cli", "-p", "26379", "sentinel", "get-master-addr-by-name", "stockcast")
            try:
                names.append(cluster.podman.run("exec", f"{pod.name}-sentinel", *command).partition(".")[0])
            except subprocess.CalledProcessError:  # the pod was killed
                continue
    return max(names, key=names.count)


def _track_record(cluster: Cluster, *arguments: str) -> str:
    return cluster.podman.run("exec", "webserver-webserver", "python", "-m", "webserver.track_record", *arguments)


def _web(cluster: Cluster) -> WebClient:
    return WebClient(cluster.address_of("webserver"))


def _backup_client(cluster: Cluster) -> Any:
    access, secret = BACKUP_KEYS
    return boto3.client(
        "s3",
        endpoint_url=f"http://{cluster.address_of('object-store-0')}:8333",
        region_name="us-east-1",
        aws_access_key_id=access,
        aws_secret_access_key=secret,
    )


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
