"""Notifications through the services that Apprise knows, by an address such as ``ntfys://ntfy.sh/topic``.

Apprise reaches about two hundred services, some of them on the machine itself or in private networks. So only the owner
or an administrator of the server makes such a channel, and a host in the address must be allowed.
"""

from __future__ import annotations

import logging
from typing import Any

from common.sql.repositories.channels import DueDelivery
from webserver.alerts.channels.allowed_addresses import AllowedAddresses
from webserver.alerts.channels.notification import DeliveryFailed, sentence_of, title_of

ADVICE = "must be an address of Apprise such as ntfys://ntfy.sh/my-topic (https://appriseit.com)"
_OF_THE_MACHINE = frozenset({"dbus", "kde", "qt", "glib", "gio", "gnome", "macosx", "windows", "syslog"})
_MAIL = frozenset({"mailto", "mailtos"})
"""A channel of the kind mail sends these, from the server's own address."""
_DEFAULT_PORT = 443


class AppriseSender:
    """Sends a notification through Apprise. Redirects are not followed."""

    def __init__(self, addresses: AllowedAddresses) -> None:
        self._addresses = addresses

    def send(self, due: DueDelivery) -> str:
        """Return that the service took the notification.

        Raises:
            DeliveryFailed: the service cannot be reached or refuses, or its address is not allowed.
        """
        try:
            service = open_service(str(due.channel.target["url"]))
        except ValueError as exc:
            raise DeliveryFailed("this server does not know the service", is_final=True) from exc
        if any("{host}" in template for template in service.templates):  # otherwise, a key is in the place of the host
            self._addresses.address_of(str(service.host), service.port or _DEFAULT_PORT)
        try:
            is_taken = service.notify(body=sentence_of(due), title=title_of(due))
        except Exception as exc:  # one of 200 plug-ins may raise anything, with a secret in its text
            raise DeliveryFailed(f"the service did not take it: {type(exc).__name__}") from exc
        if not is_taken:
            raise DeliveryFailed("the service did not take it")
        return "taken by the service"


def open_service(url: str) -> Any:
    """Return Apprise's plug-in for an address.

    Raises:
        ValueError: there is none, or it is not for servers.
    """
    import apprise  # noqa: PLC0415 - it loads 200 plug-ins, and few servers have such a channel

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines contain addresses with keys
    schema = url.partition("://")[0].lower()
    service = None if schema in _OF_THE_MACHINE | _MAIL else apprise.Apprise.instantiate(url)
    if service is None:
        raise ValueError(ADVICE)
    service.redirects = False
    return service
