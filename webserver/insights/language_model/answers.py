"""What a call of the language model gives: an answer or a failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CallFailure = Literal["away", "slow", "rate_limited", "refused", "too_large", "unreadable"]


@dataclass(frozen=True)
class ModelAnswer:
    """The text of a language model, and the tokens that the call took; None if it did not state them."""

    text: str
    tokens: int | None


class ModelFailed(Exception):
    """A call gave no text.

    Args:
        kind: what happened.
        was_sent: whether the model may have begun to answer, so that tokens may be spent.
        retry_after_s: the seconds after which it wants to be called again, where it named them.
    """

    def __init__(self, kind: CallFailure, *, was_sent: bool = True, retry_after_s: int | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.was_sent = was_sent
        self.retry_after_s = retry_after_s
