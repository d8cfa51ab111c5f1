"""The answer of ``/livez``, which is not in the API's description."""

from __future__ import annotations

from stockcast_client.models.base import Answer


class Health(Answer):
    """The health of a server, and its version. An early server does not tell its version."""

    service: str | None = None
    version: str | None = None
    status: str | None = None
