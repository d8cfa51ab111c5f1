"""Times to live and limits of what Redis holds. The scripts get them as constants of the same names."""

from __future__ import annotations

LEASE_MS = 2_000
"""Milliseconds for which an attempt counts as alive after its lease is renewed, and an advertised capacity counts."""
MAX_ATTEMPTS = 3
KEEP_MS = 3_600_000
"""Milliseconds from a request's deadline to the removal of its record."""
RESULT_MS = 2 * KEEP_MS
"""Milliseconds for which a result is kept: longer than any record that points to it."""
ABANDONED_MS = 4_000
"""Milliseconds for which a lease is overdue before its request is ended: nobody reclaims requests."""
FURTHEST_DEADLINE_MS = 4 * 3_600_000
"""A record whose deadline is further away is damaged."""
MOST_STORED_ATTEMPTS = 1_000
"""A record with more attempts is damaged."""
BATCHED_AT_ONCE = 8
"""Requests of all batches together that are at work at once; the rest of the capacity is for single requests."""
BATCHES_MS = 7_200_000
"""Milliseconds for which the queues of batches are kept; no deadline of a batch is further away."""
ENDS_MS = 7_200_000
"""Milliseconds for which the number of ends is kept after the last end."""
REPEATED_MS = 20_000
"""Milliseconds for which a repeated call is recognised; a client sends a call again within some seconds."""
CLOCK_NOTED_EVERY_MS = 100
"""Milliseconds between two notes of the clock: a step back of the machine's clock stretches a deadline by no more."""
CLOCK_KEPT_MS = 86_400_000
