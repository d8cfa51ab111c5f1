"""How gunicorn runs the web server; ``--bind`` on its command line overrides the address."""

from gevent import monkey

# Before anything makes a lock or a socket: what is loaded here is what the workers, which are forked from this
# process, have. It goes on by itself as if nothing were patched: it has its own ways with signals, children and time.
monkey.patch_all(os=False, signal=False, queue=False)

import gc
import math
import os
import resource
import shutil
import tempfile
from pathlib import Path
from typing import Any

from common.runtime.logs import log_to_stdout
from common.service.settings import loaded
from webserver.server.connection_limits import CONNECTIONS
from webserver.settings import WebSettings

_FILES = 2 * CONNECTIONS  # what else is opened for a client is little, and not for all at once
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
if _soft not in (resource.RLIM_INFINITY, _hard) and _soft < _FILES:
    # Often 1024: a worker process that could not open the next connection would end, with all that it has.
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (_FILES if _hard == resource.RLIM_INFINITY else min(_FILES, _hard), _hard)
    )

settings = loaded(WebSettings)
bind = f"127.0.0.1:{settings.port}"
workers = 2
preload_app = True  # one import for all workers, who share its memory
worker_class = "webserver.server.gevent_worker.LimitedGeventWorker"
keepalive = 5  # seconds until the head of a request, the first or the next, is there
worker_connections = CONNECTIONS
graceful_timeout = math.ceil(settings.request_deadline_s) + 5  # whoever is waiting at the end gets an answer
# webserver/http/middleware/forwarded.py alone decides which headers of proxies count. By default gunicorn believes
# clients on loopback about the scheme and on Unix sockets also about the path.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
os.environ.pop("SCRIPT_NAME", None)  # where it is set, gunicorn ends requests for other paths with 500
control_socket_disable = True  # it would be a file in the home directory
limit_request_line = 2048
limit_request_fields = 50
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="stockcast-metrics-")


def when_ready(_server: Any) -> None:
    """Have the worker processes, which are forked from here on, share what is loaded by now."""
    gc.freeze()


def pre_fork(server: Any, _worker: Any) -> None:
    """Make the folder of the metrics anew where it was removed: without it no new worker process could begin."""
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    if folder.is_dir():
        return
    server.log.error("The temporary folder %s was removed and is made anew; metrics so far are lost.", folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="stockcast-metrics-")


def post_fork(_server: Any, _worker: Any) -> None:
    """Send the logs of each worker process to standard output, and take room for its measures."""
    log_to_stdout("webserver", settings.log_level, settings.log_format)
    # Not above: prometheus_client looks at the setting once, when it is imported.
    from common.runtime.metrics import reserve_room  # noqa: PLC0415

    reserve_room()


def child_exit(_server: Any, worker: Any) -> None:
    """Forget what only a living worker process can say of itself."""
    # See post_fork.
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: Any) -> None:
    """Leave no measures behind."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
