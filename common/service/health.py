"""The HTTP port of a TCP service: ``/livez`` (the process), ``/readyz`` (its stores as well) and ``/metrics``."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from common.domain.errors import Failure
from common.rpc.addresses import Address
from common.runtime.hosts import LOOPBACK_ONLY, AllowedHosts, Host, InvalidHost
from common.runtime.log_limits import LogLimit
from common.runtime.metrics import CONTENT_TYPE, render_metrics
from common.runtime.version import VERSION

_ALWAYS = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))
_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)

NO_DESCRIPTOR_PAUSE_S = 0.1
Check = Callable[[], None]
"""Raises a :class:`Failure` if the check fails."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def get_request(self) -> Any:
        """Accept a connection; pause if no file descriptor is free, because the server retries at once."""
        try:
            return super().get_request()
        except OSError:
            time.sleep(NO_DESCRIPTOR_PAUSE_S)
            raise

    def server_bind(self) -> None:
        """Bind without the reverse look-up of the host's name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a peer that stalled or left in one line; the default is a traceback among the lines of JSON."""
        _log.debug("a peer of the health port was given up: %s", type(sys.exception()).__name__)


class _QuietHandler(WSGIRequestHandler):
    timeout = 5

    def log_message(self, *args: Any) -> None:
        """Log nothing: probes come every few seconds."""


class HealthServer:
    """An HTTP server in its own thread, which responds to probes even while the service hangs.

    It accepts an allowed host name or an IP address, and refuses requests of other sites' pages.

    Args:
        service: the name in the answers.
        alive: checks of the process itself, for ``/livez``.
        ready: checks by name, for ``/readyz``.
        hosts: the accepted host names.
    """

    def __init__(
        self,
        service: str,
        *,
        alive: Mapping[str, Check],
        ready: Mapping[str, Check],
        hosts: AllowedHosts = LOOPBACK_ONLY,
    ) -> None:
        self._service = service
        self._hosts = hosts
        self._checks = {"/livez": alive, "/readyz": ready}
        self._server: WSGIServer | None = None

    def start(self, address: Address) -> Address:
        """Listen; return the address, with the actual port if port 0 was requested."""
        server = make_server(address.host, address.port, self._respond, _Server, _QuietHandler)
        self._server = server
        threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
        return Address(address.host, server.server_port)

    def stop(self) -> None:
        """Stop listening. May be called again."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _respond(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        refusal = _find_refusal(environ, self._hosts)
        if refusal is not None:
            start_response(refusal, [("Content-Type", "text/plain"), *_ALWAYS])
            return [f"{refusal[4:].lower()}\n".encode()]
        if environ["PATH_INFO"] == "/metrics":
            start_response("200 OK", [("Content-Type", CONTENT_TYPE), *_ALWAYS])
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [render_metrics()]
        checks = self._checks.get(environ["PATH_INFO"])
        if checks is None:
            start_response("404 Not Found", [("Content-Type", "text/plain"), *_ALWAYS])
            return [b"not found\n"]
        problems = run_checks(checks)
        status = "503 Service Unavailable" if problems else "200 OK"
        start_response(status, [("Content-Type", "application/json"), *_ALWAYS])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [encode_health(self._service, problems)]


def _find_refusal(environ: Mapping[str, Any], hosts: AllowedHosts) -> str | None:
    """Return the status of a refused request, or None."""
    if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return "405 Method Not Allowed"
    if "HTTP_ORIGIN" in environ or environ.get("HTTP_SEC_FETCH_SITE", "none") not in {"none", "same-origin"}:
        return "403 Forbidden"
    try:
        is_allowed = "HTTP_HOST" not in environ or hosts.allows_probe(Host.parse(environ["HTTP_HOST"]))
    except InvalidHost:
        return "400 Bad Request"
    return None if is_allowed else "421 Misdirected Request"


def run_checks(checks: Mapping[str, Check]) -> dict[str, str]:
    """Run the checks; return the details of the failed ones by name."""
    problems = {}
    for name, check in checks.items():
        try:
            check()
        except Failure as failure:
            problems[name] = failure.detail
        except Exception as exc:  # noqa: BLE001 - a service that cannot be checked is not ready; the probe gets a reply
            problems[name] = "The check failed unexpectedly."
            _log_limit.log(logging.ERROR, name, "the check %s failed unexpectedly", name, exc_info=exc)
    return problems


def encode_health(service: str, problems: Mapping[str, str]) -> bytes:
    """Return the JSON body of a probe's response."""
    status = "failing" if problems else "ok"
    return json.dumps({"service": service, "version": VERSION, "status": status, "problems": problems}).encode()
