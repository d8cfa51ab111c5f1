"""Mails about an account. They are written and sent after the answer, whose time therefore reveals nothing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

from common.domain.errors import Busy, StoreUnavailable
from webserver.alerts.channels.mail import MailServer
from webserver.alerts.channels.notification import DeliveryFailed
from webserver.people.links import OneTimeLink

MOST_AT_ONCE = 4
SUBJECT = "Stockcast: your account"
RESET = (
    "Somebody asked for a new password for your Stockcast account. Set it here within an hour:\n\n{url}\n\n"
    "If it was not you, ignore this mail. Your password stays as it is.\n"
)
REGISTRATION = (
    "Welcome to Stockcast. Finish your registration here:\n\n{url}\n\nIf you did not ask for this, ignore this mail.\n"
)
KNOWN = (
    "Somebody asked to register your address with Stockcast. You have an account already: log in, or choose "
    '"Forgot your password?" on that page.\n\n{url}\n\nIf it was not you, ignore this mail.\n'
)
CHANGED = (
    "The password of your Stockcast account was changed, and all other sessions have ended.\n\n"
    "If it was not you, set a new password now, and tell the administrator of the server:\n\n{url}\n"
)
_log = logging.getLogger(__name__)


class AccountMails:
    """Sends mails in the background, a few at once.

    Args:
        server: the mail server.
    """

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._turns = threading.BoundedSemaphore(MOST_AT_ONCE)

    def send_later(self, recipient: str, write: Callable[[], str | None]) -> None:
        """Send the text that ``write`` returns, if it returns one, in a thread.

        Raises:
            Busy: too many mails are being sent.
        """
        if not self._turns.acquire(blocking=False):
            raise Busy(retry_after_s=10)
        Thread(target=self._send, args=(recipient, write), daemon=True).start()

    def send_if_free(self, recipient: str, text: str) -> None:
        """Send a text in a thread, unless too many mails are being sent."""
        with suppress(Busy):
            self.send_later(recipient, lambda: text)

    def _send(self, recipient: str, write: Callable[[], str | None]) -> None:
        try:
            text = write()
            if text is not None:
                self._server.send(recipient, SUBJECT, text)
        except DeliveryFailed as exc:
            _log.warning("a mail about an account was not sent: %s", exc.reason)
        except StoreUnavailable:
            _log.warning("a mail about an account was not sent: the SQL store cannot be used")
        finally:
            self._turns.release()


def with_link(text: str, link: OneTimeLink) -> str:
    """Return the text of a mail with its link."""
    return text.format(url=link.url)
