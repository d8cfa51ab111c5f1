"""gunicorn's configuration for the web server; ``--bind`` on its command line overrides the address."""

from gevent import monkey

# Patch before anything creates a lock or a socket: the worker processes are forked from this one. gunicorn's arbiter
# handles signals, children and time itself.
monkey.patch_all(os=False, signal=False, queue=False)

import gc

gc.disable()  # imported modules stay, so that a collection among them only takes time; post_fork enables it

import math
import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from common.runtime.hosts import is_loopback
from common.runtime.logs import log_to_stdout
from common.runtime.settings_loading import load_settings
from common.runtime.tracing.spans import start_tracing
from webserver.server.connection_limits import CONNECTIONS
from webserver.settings import WebSettings

EXPOSED = (
    "setting AUTH: with off, everybody who reaches {address} could delete prices and use up the price sources. "
    "Set AUTH=on for accounts, or AUTH=open on a trusted network (changes then need a token, which "
    "./run_app.sh token create makes), or bind to 127.0.0.1."
)
EXPOSED_STATUS = 2
_FILES = 2 * CONNECTIONS  # a request opens few other files, and not all requests do at once
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
if _soft not in (resource.RLIM_INFINITY, _hard) and _soft < _FILES:
    # The limit is often 1024. A worker process that cannot open the next connection ends with all its requests.
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (_FILES if _hard == resource.RLIM_INFINITY else min(_FILES, _hard), _hard)
    )

settings = load_settings(WebSettings)
bind = f"127.0.0.1:{settings.port}"
workers = 2
preload_app = True  # the workers share the memory of one import
worker_class = "webserver.server.gevent_worker.LimitedGeventWorker"
keepalive = 5  # seconds within which the head of the first or next request must arrive
worker_connections = CONNECTIONS
graceful_timeout = math.ceil(settings.request_deadline_s) + 5  # every waiting request gets its response
# Only webserver/http/middleware/forwarded.py evaluates headers of proxies. By default gunicorn trusts loopback clients
# with the scheme, and those on Unix sockets also with the path.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
os.environ.pop("SCRIPT_NAME", None)  # if it is set, gunicorn responds with 500 to other paths
control_socket_disable = True  # the socket would be a file in the home directory
limit_request_line = 4094  # five hundred tickers fit
limit_request_fields = 50
METRICS_PREFIX = f"stockcast-metrics-{os.getpid()}-"
if not Path(os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")).name.startswith(METRICS_PREFIX):
    # After SIGHUP, gunicorn reads this file again. The folder stays, so that no count is lost.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix=METRICS_PREFIX)


def when_ready(server: Any) -> None:
    """Freeze the garbage collector's objects, so that the forked worker processes share their memory."""
    _refuse_strangers(server)
    gc.freeze()


def _refuse_strangers(server: Any) -> None:
    """End the server if other machines can reach it although it trusts every caller."""
    addresses = [listener.sock.getsockname() for listener in server.LISTENERS]
    exposed = [address for address in addresses if not is_loopback(address)]
    if settings.auth == "off" and exposed:
        host, port, *_ = exposed[0]
        print(EXPOSED.format(address=f"{host}:{port}"), file=sys.stderr, flush=True)
        on_exit(server)
        sys.exit(EXPOSED_STATUS)


def pre_fork(server: Any, _worker: Any) -> None:
    """Recreate the folder of the metrics if it was removed; no new worker process could start without it."""
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    if folder.is_dir():
        return
    server.log.error("The temporary folder %s was removed and is created again; its metrics are lost.", folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix=METRICS_PREFIX)


def post_fork(_server: Any, _worker: Any) -> None:
    """Collect garbage, send the logs to standard output and spans to a collector, and reserve the metrics' space."""
    gc.enable()
    log_to_stdout("webserver", settings.log_level, settings.log_format)
    start_tracing("webserver")
    # A late import: prometheus_client reads PROMETHEUS_MULTIPROC_DIR once, when it is imported.
    from common.runtime.metrics import reserve_disk_space  # noqa: PLC0415

    reserve_disk_space()


def post_worker_init(worker: Any) -> None:
    """Start the background loops of the worker process."""
    for loop in getattr(worker.wsgi, "extensions", {}).get("loops", ()):  # a test may run another application
        loop.start()


def child_exit(_server: Any, worker: Any) -> None:
    """Remove the live metrics of an ended worker process."""
    # See post_fork.
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: Any) -> None:
    """Remove the folder of the metrics."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
