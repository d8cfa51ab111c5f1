"""The settings of notifications."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.runtime.settings_loading import make_settings_error
from webserver.alerts.channels.allowed_addresses import AllowedAddresses
from webserver.alerts.channels.apprise_services import AppriseSender
from webserver.alerts.channels.mail import MailSender, MailServer
from webserver.alerts.channels.web_push import PushKey, WebPushSender
from webserver.alerts.channels.webhook import WebhookSender
from webserver.alerts.outbox import Sender


def _validate_hosts(value: str) -> str:
    AllowedAddresses.parse(value)
    return value


def _validate_smtp(value: SecretStr | None) -> SecretStr | None:
    if value is not None:
        MailServer.parse(value.get_secret_value(), "")
    return value


def _validate_push_key(value: SecretStr | None) -> SecretStr | None:
    if value is not None:
        PushKey.parse(value.get_secret_value())
    return value


class NotificationSettings(BaseSettings):
    """Environment variables of the same names in upper case."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    alert_hosts: Annotated[str, AfterValidator(_validate_hosts)] = Field(
        default="",
        description="Private hosts and networks to which webhooks may be sent, with commas between them, such as "
        "hooks.internal,10.1.0.0/16. Public ones are always allowed. Also hosts in the addresses of Apprise.",
    )
    smtp_url: Annotated[SecretStr | None, AfterValidator(_validate_smtp)] = Field(
        default=None, description="The mail server: smtp://user:password@host:587 or smtps://user:password@host:465."
    )
    mail_from: str | None = Field(default=None, description="The sender of mails.")

    web_push_private_key: Annotated[SecretStr | None, AfterValidator(_validate_push_key)] = Field(
        default=None, description="The VAPID key of notifications in browsers: 32 bytes in base64url."
    )
    web_push_contact: str = Field(
        default="",
        pattern="^(|mailto:.+|https://.+)$",
        description="An address for the operators of push services: mailto:admin@example.com.",
    )

    @model_validator(mode="after")
    def _check_mail(self) -> Self:
        if (self.smtp_url is None) != (self.mail_from is None):
            missing = "mail_from" if self.mail_from is None else "smtp_url"
            raise make_settings_error({missing: "has to be set with the other setting of mail"})
        return self

    def senders(self) -> dict[str, Sender]:
        """Return the sender of each kind of channel that this server can send."""
        addresses = AllowedAddresses.parse(self.alert_hosts)
        senders: dict[str, Sender] = {"webhook": WebhookSender(addresses), "apprise": AppriseSender(addresses)}
        key = self.push_key()
        if key is not None:
            senders["web_push"] = WebPushSender(addresses, key)
        server = self.mail_server()
        return senders if server is None else senders | {"mail": MailSender(server)}

    def push_key(self) -> PushKey | None:
        """Return the key of notifications in browsers, or None without one."""
        if self.web_push_private_key is None:
            return None
        return PushKey.parse(self.web_push_private_key.get_secret_value(), self.web_push_contact)

    def public_push_key(self) -> str | None:
        """Return the key with which a browser subscribes, or None without one."""
        key = self.push_key()
        return None if key is None else key.public

    def mail_server(self) -> MailServer | None:
        """Return the mail server, or None without one."""
        if self.smtp_url is None or self.mail_from is None:
            return None
        return MailServer.parse(self.smtp_url.get_secret_value(), self.mail_from)
