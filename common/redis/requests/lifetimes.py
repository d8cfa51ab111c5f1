"""How long requests, their leases and their results live in Redis, and how often a request is attempted."""

from __future__ import annotations

LEASE_MS = 2_000
"""Milliseconds for which an attempt counts as alive after its lease is renewed, and an advertised capacity counts."""
MAX_ATTEMPTS = 3
KEEP_MS = 3_600_000
"""Milliseconds from a request's deadline to the removal of its record."""
RESULT_MS = 2 * KEEP_MS
"""Milliseconds for which a result is kept: longer than any record that points to it."""
