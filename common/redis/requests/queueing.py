"""The senders and the times of requests that wait in a queue, in which clients take turns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class QueueTimes:
    """The time that a batch, or a request of long work, may take, in milliseconds.

    Args:
        budget_ms: the time until the deadline if no other requests wait.
        each_ms: the time of each request once it has begun.
        queued_ms: the extension of the deadline for each request that already waits.
        longest_ms: the upper bound of the extended time.
    """

    budget_ms: int
    each_ms: int
    queued_ms: int
    longest_ms: int


@dataclass(frozen=True)
class Sender:
    """The sender of a request or a batch.

    Args:
        client: the key of the client. Clients take turns with long work and with batches, and so do the batches of one
            client.
        owner: the account, or an empty text; None on a server without accounts.
    """

    client: str
    owner: str | None = None


JOB = Sender("local")
"""The sender of a job's requests."""
