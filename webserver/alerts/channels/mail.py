"""Notifications by mail, through the SMTP server of the settings."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from common.sql.repositories.channels import DueDelivery
from webserver.alerts.channels.notification import DeliveryFailed, sentence_of, title_of

TIMEOUT_S = 20.0
_PORTS = {"smtp": 587, "smtps": 465}
_FINAL = 500
"""Codes from here on are refusals for good."""
_SIGNATURE = "\n\n-- \nStockcast. This is not investment advice.\n"


@dataclass(frozen=True)
class MailServer:
    """An SMTP server and the address of the sender.

    ``smtps`` is TLS from the first byte. ``smtp`` changes to TLS where the server offers it, and sends a password over
    TLS only.
    """

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    sender: str

    @classmethod
    def parse(cls, url: str, sender: str) -> MailServer:
        """Read an address such as ``smtps://user:password@mail.example:465``.

        Raises:
            ValueError: it is of another form.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("must be smtp://USER:PASSWORD@HOST:PORT or smtps://…")
        user, password = (unquote(text) if text else None for text in (parts.username, parts.password))
        return cls(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme], user, password, sender)

    def send(self, recipient: str, subject: str, text: str, message_id: str | None = None) -> None:
        """Send a mail.

        Raises:
            DeliveryFailed: the server cannot be reached or refuses.
        """
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, recipient, subject
        if message_id:
            message["Message-ID"] = f"<{message_id}@stockcast>"
        message.set_content(text)
        try:
            with self._connect() as connection:
                if self.user:
                    connection.login(self.user, self.password or "")
                connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as exc:
            code = exc.recipients[recipient][0]
            raise DeliveryFailed(f"the mail server answered {code}", is_final=code >= _FINAL) from exc
        except smtplib.SMTPResponseException as exc:
            is_final = exc.smtp_code >= _FINAL and not isinstance(exc, smtplib.SMTPAuthenticationError)
            raise DeliveryFailed(f"the mail server answered {exc.smtp_code}", is_final=is_final) from exc
        except (smtplib.SMTPException, OSError) as exc:
            raise DeliveryFailed(f"the mail server did not take it: {type(exc).__name__}") from exc

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.scheme == "smtps":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
        connection = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        connection.ehlo()
        if connection.has_extn("starttls"):
            connection.starttls(context=context)
        elif self.user:
            connection.close()
            raise DeliveryFailed("the mail server offers no TLS, so the password was not sent", is_final=True)
        return connection


class MailSender:
    """Sends a notification as a mail."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    def send(self, due: DueDelivery) -> str:
        """Return that the mail server took the mail.

        Raises:
            DeliveryFailed: it cannot be reached or refuses.
        """
        self._server.send(str(due.channel.target["to"]), title_of(due), sentence_of(due) + _SIGNATURE, due.delivery.id)
        return "taken by the mail server"
