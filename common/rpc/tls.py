"""Mutual TLS between the services: each presents a certificate, and trusts those of one authority."""

from __future__ import annotations

import logging
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

_log = logging.getLogger(__name__)
_Stamp = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class CredentialFiles:
    """PEM files: a certificate (with those between it and the authority), its key, and the authority's certificate."""

    certificate: Path
    key: Path
    authority: Path

    def read_stamp(self) -> _Stamp:
        """Return the facts of the files that change when a file is replaced."""
        found = (path.stat() for path in (self.certificate, self.key, self.authority))
        return tuple((stat.st_mtime_ns, stat.st_ino, stat.st_size) for stat in found)

    def make_context(self, protocol: int) -> ssl.SSLContext:
        """Return the TLS context of one side of a connection; raise OSError if the files cannot be used."""
        context = ssl.SSLContext(protocol)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_mode = ssl.CERT_REQUIRED
        # Without the empty passphrase, OpenSSL would prompt for that of an encrypted key.
        context.load_cert_chain(self.certificate, self.key, password="")
        context.load_verify_locations(self.authority)
        if protocol == ssl.PROTOCOL_TLS_SERVER:
            context.num_tickets = 0  # no resumption: each connection carries one line and is checked
        return context


class Credentials:
    """A service's certificate and trusted authority. Thread-safe.

    Renewed files take effect at the next connection.

    Raises:
        OSError: the files cannot be used.
    """

    def __init__(self, files: CredentialFiles) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._stamp = files.read_stamp()
        self._load()

    def server_context(self) -> ssl.SSLContext:
        """Return the context of a server; clients must present a certificate."""
        with self._lock:
            self._renew()
            return self._server

    def client_context(self) -> ssl.SSLContext:
        """Return the context of a client; the server's certificate must match its name."""
        with self._lock:
            self._renew()
            return self._client

    def _load(self) -> None:
        server = self._files.make_context(ssl.PROTOCOL_TLS_SERVER)
        self._client = self._files.make_context(ssl.PROTOCOL_TLS_CLIENT)
        self._server = server

    def _renew(self) -> None:
        """Reload changed files; keep the old context until both the certificate and its key have been replaced."""
        try:
            stamp = self._files.read_stamp()
            if stamp == self._stamp:
                return
            self._load()
        except OSError as exc:
            _log.warning("the renewed certificate cannot be used yet: %s", exc)
        else:
            self._stamp = stamp
            _log.info("certificate renewed")
