"""The failure of one model, which costs its own row only."""

from __future__ import annotations

from common.domain.evaluations.result import RowFailure

TOO_SLOW = "model_too_slow"


class ModelFailure(Exception):
    """A model failed for a reason that its user can act on.

    Args:
        code: one of the codes of :class:`RowFailure`.
        detail: what happened, and what to do.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.row = RowFailure(code=code, detail=detail)
