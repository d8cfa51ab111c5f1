"""The composition of accounts: builds the services of accounts, tokens and people, and returns their routes."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Blueprint

from common.domain.access import Caller
from webserver.access.audit_trail import AuditTrail
from webserver.access.policy import AccessPolicy
from webserver.accounts.account_routes import account_api
from webserver.accounts.audit_routes import audit_api
from webserver.accounts.token_routes import tokens_api
from webserver.accounts.tokens import TokenService
from webserver.people.administration import Administration
from webserver.people.confirmation import Confirmation
from webserver.people.log_in import LogIn
from webserver.people.oidc.single_sign_on import Identities, SingleSignOn
from webserver.people.password_changes import PasswordChanges
from webserver.people.registration import Registration
from webserver.people.resources import Resources
from webserver.people.routes.administration import administration_api
from webserver.people.routes.passwords import passwords_api
from webserver.people.routes.sessions import sessions_api
from webserver.people.routes.single_sign_on import single_sign_on_api
from webserver.people.sessions import SessionService
from webserver.people.settings import PeopleSettings


def account_apis(
    settings: PeopleSettings,
    resources: Resources,
    policy: AccessPolicy,
    caller: Callable[[], Caller],
    audit: AuditTrail,
) -> list[Blueprint]:
    """Return the routes of accounts; ``caller`` returns the caller of the present request."""
    sessions = SessionService(resources)
    registration = Registration(settings.registration, resources, urlsplit(settings.oidc_issuer or "").hostname)
    passwords = PasswordChanges(resources)
    administration = Administration(resources)
    sign_on = _single_sign_on(settings, resources)
    return [
        account_api(caller, policy),
        tokens_api(TokenService(resources.store, resources.now), caller, Confirmation(resources).check),
        audit_api(resources.store),
        sessions_api(sessions, LogIn(resources), caller, policy, audit),
        passwords_api(registration, passwords, caller, policy, audit),
        single_sign_on_api(sign_on, Identities(resources), sessions, caller, (policy, audit)),
        administration_api(administration, registration, passwords, policy, caller),
    ]


def _single_sign_on(settings: PeopleSettings, resources: Resources) -> SingleSignOn | None:
    provider = settings.provider()
    if provider is None:
        return None
    from webserver.people.oidc.flow_cookie import FlowCookie  # noqa: PLC0415 - see PeopleSettings.provider

    return SingleSignOn(provider, FlowCookie(provider.client_secret), settings.registration, resources)
