"""The progress of the work on a request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WorkProgress:
    """The progress of the work on a request.

    Args:
        fraction: the part of the work that is done, from 0 to 1.
        step: the present step in words, such as ``AutoETS, origin 12 of 40``.
    """

    fraction: float
    step: str

    def __post_init__(self) -> None:
        """Check the fraction.

        Raises:
            ValueError: it is not between 0 and 1.
        """
        if not 0 <= self.fraction <= 1:
            raise ValueError(f"a fraction of {self.fraction} is not between 0 and 1")
