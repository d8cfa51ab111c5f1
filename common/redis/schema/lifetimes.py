"""Times to live and limits of the data in Redis. The scripts have constants of the same names."""

from __future__ import annotations

LEASE_MS = 2_000
"""Milliseconds for which a renewed lease or an advertised capacity is valid."""
MAX_ATTEMPTS = 3
KEEP_MS = 3_600_000
"""Milliseconds from a request's deadline to the removal of its record."""
RESULT_MS = 2 * KEEP_MS
"""Milliseconds for which a result is kept: longer than every record with its key."""
ABANDONED_MS = 4_000
"""Milliseconds after the end of a lease at which the request counts as abandoned and is ended."""
FURTHEST_DEADLINE_MS = 4 * 3_600_000
"""The latest possible deadline, in milliseconds from now. A record with a later one is damaged."""
MOST_STORED_ATTEMPTS = 1_000
"""The highest possible number of an attempt. A record with a higher one is damaged."""
BATCHED_AT_ONCE = 8
"""The most concurrent requests of all batches together; the rest of the capacity is for single requests."""
BATCHES_MS = 7_200_000
"""Milliseconds for which the queues of waiting requests are kept: longer than the deadline of every request in them."""
MOST_LONG_WAITING = 200
"""The most requests of long work that wait for their turn. Further ones are refused."""
MOST_LONG_WAITING_OF_CLIENT = 50
"""The most of them from one client, so that one client cannot take all places."""
USER_MODELS_MS = 60_000
"""Milliseconds for which the names of a forecast service's users' models are listed after they were advertised."""
ENDS_MS = 7_200_000
"""Milliseconds for which the count of ends is kept after the last end."""
OUTCOMES_MS = 30 * 86_400_000
"""Milliseconds for which the counts of ends are kept after the last end."""
MOST_LEDGER_ENTRIES = 10_000
"""The most entries in the outbox of the track record; they take 20 MB. Further ones are refused."""
REPEATED_MS = 20_000
"""Milliseconds for which a repeated call is recognised; a client repeats it within some seconds."""
CLOCK_NOTED_EVERY_MS = 100
"""Milliseconds between two writes of the clock, and the largest effect of a clock step on a deadline."""
CLOCK_KEPT_MS = 86_400_000
