"""How gunicorn runs the web server; ``--bind`` on its command line overrides the address."""

import ctypes
import math
import os
import shutil
import sys
import tempfile
from typing import Any

from common.logs import log_to_stdout
from common.settings import loaded
from webserver.settings import WebSettings
from webserver.threads import PER_WORKER

LARGE_BYTES = 65_536
_M_MMAP_THRESHOLD = -3  # malloc.h

settings = loaded(WebSettings)
bind = f"127.0.0.1:{settings.port}"
workers = 2
worker_class = "webserver.punctual_worker.PunctualWorker"
threads = PER_WORKER
graceful_timeout = math.ceil(settings.request_deadline_s) + 5  # whoever is waiting at the end gets an answer
control_socket_disable = True  # it would be a file in the home directory
limit_request_line = 2048
limit_request_fields = 50
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="stockcast-metrics-")


def post_fork(_server: Any, _worker: Any) -> None:
    """Send the logs of each worker process to standard output, and take room for its measures."""
    log_to_stdout("webserver", settings.log_level, settings.log_format)
    # Not above: prometheus_client looks at the setting once, when it is imported.
    from common.metrics import reserve_room  # noqa: PLC0415

    reserve_room()
    if sys.platform == "linux":
        # Answers are large, and of many sizes: without this, what they leave in the heaps is never given back.
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)


def child_exit(_server: Any, worker: Any) -> None:
    """Forget what only a living worker process can say of itself."""
    # See post_fork.
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: Any) -> None:
    """Leave no measures behind."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
