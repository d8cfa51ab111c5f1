"""What a login at the provider gives: a person's identity or a failure."""

from __future__ import annotations

from dataclasses import dataclass


class ProviderFailed(Exception):
    """The provider cannot be reached, or its answer is refused.

    Args:
        reason: a short text for the log, without any secret.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Identity:
    """A person as the provider knows them."""

    issuer: str
    subject: str
    email: str | None
    """None unless the provider verified it."""
