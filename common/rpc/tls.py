"""Mutual TLS between the services: each shows a certificate, and trusts one authority's alone."""

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

    def stamp(self) -> _Stamp:
        """What changes when a file is replaced."""
        found = (path.stat() for path in (self.certificate, self.key, self.authority))
        return tuple((stat.st_mtime_ns, stat.st_ino, stat.st_size) for stat in found)

    def context(self, protocol: int) -> ssl.SSLContext:
        """What one side of a connection needs; raises OSError where the files cannot be used."""
        context = ssl.SSLContext(protocol)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_mode = ssl.CERT_REQUIRED
        # Without the empty passphrase, OpenSSL would ask whoever sits at the terminal for that of an encrypted key.
        context.load_cert_chain(self.certificate, self.key, password="")
        context.load_verify_locations(self.authority)
        if protocol == ssl.PROTOCOL_TLS_SERVER:
            context.num_tickets = 0  # a connection carries one line, and each is checked anew
        return context


class Credentials:
    """What a service shows and trusts; renewed files are taken up by the next connection. Safe in many threads.

    Raises:
        OSError: the files cannot be used.
    """

    def __init__(self, files: CredentialFiles) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._stamp = files.stamp()
        self._load()

    def for_server(self) -> ssl.SSLContext:
        """The context of those who take connections: clients have to show a certificate."""
        with self._lock:
            self._renew()
            return self._server

    def for_client(self) -> ssl.SSLContext:
        """The context of those who open connections: the certificate must be of the name that was called."""
        with self._lock:
            self._renew()
            return self._client

    def _load(self) -> None:
        server = self._files.context(ssl.PROTOCOL_TLS_SERVER)
        self._client = self._files.context(ssl.PROTOCOL_TLS_CLIENT)
        self._server = server

    def _renew(self) -> None:
        """Read the files again where they changed; half of a change leaves what was there until the other half came."""
        try:
            stamp = self._files.stamp()
            if stamp == self._stamp:
                return
            self._load()
        except OSError as exc:
            _log.warning("the renewed certificate cannot be used yet: %s", exc)
        else:
            self._stamp = stamp
            _log.info("certificate renewed")
