"""Killed processes and a store that is away: the run ends complete, or states what is missing."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import psutil
import pytest

from forecast_service.market.dataset.schema import from_parquet
from test_support.network.certificates import Authority
from test_support.network.ports import free_port
from test_support.paths import ROOT
from test_support.stores.object_gateway import object_gateway
from test_support.waiting import until
from tests.integration.forecast_service.market.conftest import DAY, command


class Gate:
    """Holds the request for the part of a range in the gateway until it is opened."""

    def __init__(self, name="parts/000002"):
        self.opened, self.reached = threading.Event(), threading.Event()
        self._name = name

    def __call__(self, request):
        if request.command == "PUT" and self._name in request.path:
            self.reached.set()
            self.opened.wait(250)
        return False


@pytest.fixture
def gateway(environment, s3_server_url):
    with object_gateway(urlsplit(s3_server_url).port, list) as running:
        environment["AWS_ENDPOINT_URL_S3"] = f"http://127.0.0.1:{running.port}"
        yield running


@contextmanager
def started(environment, *arguments):
    """Start a process, and kill it with its children at the end."""
    with subprocess.Popen(
        arguments, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            for each in (process, *children):
                each.kill()
            process.communicate()


def workers_of(process):
    """The worker processes below a command: the ones that have the engine loaded use the most memory."""
    below = psutil.Process(process.pid).children(recursive=True)
    return [each for each in below if "spawn_main" in " ".join(each.cmdline())]


def ended(process):
    output, errors = process.communicate(timeout=500)
    return process.returncode, output, errors


def test_a_run_whose_workers_are_killed_ends_complete(environment, gateway, stored, market):
    gateway.rule = gate = Gate()
    with started(environment, *command("--workers", "2")) as process:
        assert gate.reached.wait(250)
        for worker in workers_of(process):
            worker.kill()
        gate.opened.set()
        status, output, errors = ended(process)
    assert status == 0, errors
    assert "7 stocks" in output
    assert from_parquet(market.read("board.parquet"))["ticker"].to_pylist() == stored


def test_a_run_that_is_killed_leaves_no_process_and_is_continued(environment, gateway, stored, market, run):
    gateway.rule = gate = Gate()
    with started(environment, *command()) as process:
        assert gate.reached.wait(250)
        until(lambda: len(market.list_names("parts/")) >= 1)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        gate.opened.set()
        assert psutil.wait_procs(children, timeout=250)[1] == []
    assert not market.exists("board.parquet")
    done = run()
    assert done.returncode == 0, done.stderr
    assert from_parquet(market.read("board.parquet"))["ticker"].to_pylist() == stored


def test_ctrl_c_ends_the_run_with_its_processes(environment, gateway, stored):
    gateway.rule = gate = Gate()
    with started(environment, *command()) as process:
        assert gate.reached.wait(250)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        gate.opened.set()
        status, _, errors = ended(process)
        assert psutil.wait_procs(children, timeout=250)[1] == []
    assert status == 130
    assert errors.splitlines()[-1] == "Stopped. The same command does what is missing."


def test_a_store_that_is_away_for_a_while_costs_time_only(environment, gateway, stored, market):
    failed = []

    def away(request):
        if len(failed) < 24 and "/parts/" in request.path:
            failed.append(request.path)
            request.reply_error(503, "ServiceUnavailable")
            return True
        return False

    gateway.rule = away
    with started(environment, *command()) as process:
        status, _, errors = ended(process)
    assert status == 0, errors
    assert len(failed) == 24
    assert from_parquet(market.read("board.parquet"))["ticker"].to_pylist() == stored


def test_a_series_that_ends_its_worker_costs_only_itself(environment, gateway, stored, market):
    run_with_reader_of_s2(environment, gateway, market, command(), psutil.Process.kill)


def run_with_reader_of_s2(environment, gateway, market, arguments, stop):
    """Run while each worker that reads the prices of S2 is stopped by ``stop``. Only S2 has no result.

    Return what was printed.
    """

    def rule(request):
        if request.path.endswith("/S2.csv") and request.client_process:
            stop(request.client_process)
        return False

    with started(environment, *arguments) as process:
        gateway.client_pids = lambda: [each.pid for each in psutil.Process(process.pid).children(recursive=True)]
        gateway.rule = rule
        status, output, errors = ended(process)
    assert status == 0, errors
    assert "7 stocks" in output
    assert_only_s2_crashed(market)
    return output + errors


def assert_only_s2_crashed(market):
    rows = from_parquet(market.read("board.parquet")).to_pylist()
    assert [(row["ticker"], row["code"]) for row in rows if row["code"]] == [
        ("NEW", "too_little_data"),
        ("S2", "worker_crashed"),
    ]


def test_a_store_that_refuses_ends_the_run_as_incomplete(environment, gateway, stored, market):
    def refuse(request):
        if request.command == "PUT" and "/panel/" in request.path:
            request.reply_error(403, "AccessDenied")
            return True
        return False

    gateway.rule = refuse
    with started(environment, *command()) as process:
        status, _, errors = ended(process)
    assert status == 1
    assert errors.splitlines()[-1] == (
        "error: 7 stocks are missing, and the same command does them: NEW, S0, S1, S2, S3, S4, S5"
    )
    assert not market.exists("board.parquet")


class Cluster:
    """A scheduler and a worker as processes of their own."""

    def __init__(self, environment, stack, *, protocol="tcp"):
        self._environment, self._stack = environment, stack
        self.port = free_port()
        self.address = f"{protocol}://127.0.0.1:{self.port}"
        self._protocol = protocol

    def start_scheduler(self):
        where = ("--host", self.address, "--dashboard-address", "127.0.0.1:0")
        return self._start("-m", "dask", "scheduler", *where)

    def start_worker(self):
        return self._start(
            *("-m", "dask", "worker", self.address, "--nworkers", "1", "--nthreads", "1", "--no-dashboard"),
            *("--local-directory", self._environment["TMPDIR"], "--host", "127.0.0.1"),
        )

    def _start(self, *arguments):
        return self._stack.enter_context(started(self._environment, sys.executable, *arguments))


@pytest.fixture
def cluster(environment, tmp_path):
    environment["TMPDIR"] = str(tmp_path)
    with ExitStack() as stack:
        yield Cluster(environment, stack)


def test_a_scheduler_elsewhere_can_demand_certificates(environment, stored, market, tmp_path):
    files = Authority(tmp_path / "tls").issue("dask")
    environment["TMPDIR"] = str(tmp_path)
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        environment[f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT"] = str(files.certificate)
        environment[f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY"] = str(files.key)
    environment["DASK_DISTRIBUTED__COMM__TLS__CA_FILE"] = str(files.authority)
    environment["DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION"] = "true"
    with ExitStack() as stack:
        cluster = Cluster(environment, stack, protocol="tls")
        cluster.start_scheduler()
        cluster.start_worker()
        with started(environment, *command("--scheduler", cluster.address)) as process:
            status, _, errors = ended(process)
    assert status == 0, errors
    assert market.exists("board.parquet")


def test_a_run_outlives_its_scheduler(environment, gateway, cluster, stored, market):
    gateway.rule = gate = Gate()
    scheduler = cluster.start_scheduler()
    worker = cluster.start_worker()
    with started(environment, *command("--scheduler", cluster.address)) as process:
        assert gate.reached.wait(250)
        scheduler.kill()
        gate.opened.set()
        cluster.start_scheduler()
        worker.wait(250)
        cluster.start_worker()
        status, _, errors = ended(process)
    assert status == 0, errors
    assert from_parquet(market.read("board.parquet"))["ticker"].to_pylist() == stored


def test_a_run_whose_scheduler_stays_away_states_what_is_missing(environment, gateway, cluster, stored, market):
    gateway.rule = gate = Gate()
    scheduler = cluster.start_scheduler()
    worker = cluster.start_worker()
    with started(environment, *command("--scheduler", cluster.address, "--stall", "25")) as process:
        assert gate.reached.wait(250)
        for each in (*psutil.Process(worker.pid).children(recursive=True), worker, scheduler):
            each.kill()
        gate.opened.set()
        status, _, errors = ended(process)
    assert status == 1
    last = errors.splitlines()[-1]
    assert last.startswith("error: ")
    assert "are missing, and the same command does them: " in last
    assert not market.exists("board.parquet")


def test_a_run_without_workers_logs_that_none_is_connected(environment, cluster, stored):
    cluster.start_scheduler()
    with started(environment, *command("--scheduler", cluster.address, "--stall", "3")) as process:
        status, output, errors = ended(process)
    assert status == 1, errors
    assert (output + errors).count("nothing was finished for 3 s: no worker is connected to the scheduler") == 3


def test_the_workers_of_a_cluster_outlive_a_scheduler_and_end_with_the_dataset(environment, gateway, cluster, stored):
    gateway.rule = gate = Gate()
    scheduler = cluster.start_scheduler()
    workers = ("-m", "forecast_service.market.workers", "--scheduler", cluster.address, "--date", str(DAY))
    with (
        started(environment, sys.executable, *workers, "--port", str(free_port())) as worker,
        started(environment, *command("--scheduler", cluster.address)) as process,
    ):
        assert gate.reached.wait(250)
        scheduler.kill()
        gate.opened.set()
        scheduler = cluster.start_scheduler()
        status, _, errors = ended(process)
        assert status == 0, errors
        assert worker.wait(250) == 0
        assert scheduler.poll() is None, "the scheduler of a shared cluster lives on"


def test_workers_without_a_scheduler_give_up(environment, cluster, stored):
    workers = ("-m", "forecast_service.market.workers", "--scheduler", cluster.address, "--date", str(DAY))
    with started(environment, sys.executable, *workers, "--patience", "3", "--port", str(free_port())) as worker:
        assert ended(worker)[0] == 1


def test_workers_that_cannot_start_give_up(environment, cluster, stored):
    """Dask ends such a worker at once."""
    address = cluster.address.replace("tcp:", "tls:")
    workers = ("-m", "forecast_service.market.workers", "--scheduler", address, "--date", str(DAY))
    with started(environment, sys.executable, *workers, "--patience", "10", "--port", str(free_port())) as worker:
        assert worker.wait(250) == 1
