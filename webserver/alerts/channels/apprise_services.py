"""Notifications through the services that Apprise knows, by an address such as ``ntfy://topic``.

Apprise reaches about two hundred services, some of them on the machine itself or in private networks. So only the owner
or an administrator of the server makes such a channel. Apprise looks host names up by itself, and a check before that
could see another address. So the operator lists the host names that addresses may contain. Services with a fixed public
host contain none.
"""

from __future__ import annotations

import logging
from typing import Any

from common.sql.repositories.channels import DueDelivery
from webserver.alerts.channels.allowed_addresses import AllowedAddresses
from webserver.alerts.channels.notification import DeliveryFailed, sentence_of, title_of

ADVICE = "must be an address of Apprise such as ntfy://my-topic (https://appriseit.com)"
UNLISTED = "the operator has to list the host of this service in ALERT_HOSTS"
_OF_THE_MACHINE = frozenset({"dbus", "kde", "qt", "glib", "gio", "gnome", "macosx", "windows", "syslog"})
_MAIL = frozenset({"mailto", "mailtos"})
"""A channel of the kind mail sends these, from the server's own address."""
_OPEN_PARTS = frozenset({"endpoint", "keyfile", "subfile"})
"""Parts of an address that name a file of the machine, or a host in another place than the host's."""
_PUBLIC_HOSTS = frozenset({"ntfy.sh", "matrix.org"})
"""Hosts of public services that are often part of an address."""


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
        if not self._may_reach(_host_of(service)):
            raise DeliveryFailed(UNLISTED, is_final=True)
        try:
            is_taken = service.notify(body=sentence_of(due), title=title_of(due))
        except Exception as exc:  # one of 200 plug-ins may raise anything, with a secret in its text
            raise DeliveryFailed(f"the service did not take it: {type(exc).__name__}") from exc
        if not is_taken:
            raise DeliveryFailed("the service did not take it")
        return "taken by the service"

    def _may_reach(self, host: str) -> bool:
        return not host or host in _PUBLIC_HOSTS or self._addresses.allows_without_lookup(host)


def open_service(url: str) -> Any:
    """Return Apprise's plug-in for an address.

    Raises:
        ValueError: there is none, or it is not for servers.
    """
    import apprise  # noqa: PLC0415 - it loads 200 plug-ins, and few servers have such a channel

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines contain addresses with keys
    schema = url.partition("://")[0].lower()
    service = None if schema in _OF_THE_MACHINE | _MAIL else apprise.Apprise.instantiate(url)
    if service is None or _OPEN_PARTS & {*service.template_tokens, *service.template_args}:
        raise ValueError(ADVICE)
    service.redirects = False
    return service


def _host_of(service: Any) -> str:
    """Return the host in a service's address; an empty text if the service has a fixed one."""
    has_host = any("{host}" in template for template in service.templates)  # otherwise, a key is in the host's place
    return str(service.host or "").lower() if has_host else ""
