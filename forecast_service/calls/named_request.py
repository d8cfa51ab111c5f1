"""An earlier request that a question names, as the service read it for its worker."""

from __future__ import annotations

from dataclasses import dataclass

from common.domain.calibration import Calibration
from common.domain.errors import Failure


@dataclass(frozen=True)
class NamedRequest:
    """An earlier request of the same owner.

    Args:
        request_id: its id.
        ticker: its ticker; empty if the request does not exist, or no longer.
        body: its result, a JSON object; empty without one.
        failure: the reason why there is no result; None where there is one.
    """

    request_id: str
    ticker: str = ""
    body: bytes = b""
    failure: Failure | None = None


@dataclass(frozen=True)
class Sources:
    """Everything that a worker gets from Redis for a task.

    Args:
        requests: the requests that the question names, in its order.
        calibration: the calibration of the track record; None if nothing was scored lately.
    """

    requests: tuple[NamedRequest, ...] = ()
    calibration: Calibration | None = None


NO_SOURCES = Sources()
"""Those of a question that names no requests."""
