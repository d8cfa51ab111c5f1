"""A notification as every channel gets it, and the failure of a channel."""

from __future__ import annotations

from typing import Any

from common.sql.repositories.channels import DueDelivery

TEST_SENTENCE = "This is a test of your channel. Alerts will arrive like this."


class DeliveryFailed(Exception):
    """A channel did not take a notification.

    Args:
        reason: a short text for the log of deliveries, without any secret.
        is_final: whether another attempt cannot succeed.
        is_gone: whether the receiver has gone for good, so that the channel is of no more use.
    """

    def __init__(self, reason: str, *, is_final: bool = False, is_gone: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final
        self.is_gone = is_gone


def sentence_of(due: DueDelivery) -> str:
    """Return what a person reads."""
    return due.event.sentence if due.event else TEST_SENTENCE


def title_of(due: DueDelivery) -> str:
    """Return the title or subject."""
    return f"Stockcast: {due.ticker}" if due.event else "Stockcast: test"


def payload_of(due: DueDelivery) -> dict[str, Any]:
    """Return the JSON of a notification. ``id`` is the same in every attempt."""
    if due.event is None:
        return {"id": due.delivery.id, "type": "test", "sentence": TEST_SENTENCE}
    return {
        "id": due.delivery.id,
        "type": "alert",
        "alert_id": due.event.alert_id,
        "event_id": due.event.id,
        "ticker": due.ticker,
        "close_date": due.event.close_date.isoformat(),
        "fired_at": due.event.fired_at.isoformat(),
        "sentence": due.event.sentence,
        "facts": dict(due.event.facts),
    }
