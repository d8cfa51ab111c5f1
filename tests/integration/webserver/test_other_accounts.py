"""Data of another account: on every route with the id of a personal thing, it does not exist."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from common.domain.access import Scope
from common.sql.repositories import alerts, channels, watchlists
from common.sql.repositories.alerts import Alert
from common.sql.repositories.channels import Channel
from common.sql.repositories.people import accounts, sessions
from tests.integration.webserver.test_access import NOW, World, add_token, make_app, routes, world
from tests.integration.webserver.test_prices_api import check_problem
from webserver.people.oidc.single_sign_on import id_of_identity
from webserver.people.sessions import id_of

__all__ = ["world"]
BODIES = {
    "/api/v1/watchlists/<uuid:watchlist_id>": {"json": {"name": "mine"}},
    "/api/v1/watchlists/<uuid:watchlist_id>:import": {"json": {"csv": "ticker\nAAPL\n"}},
    "/api/v1/watchlists/<uuid:watchlist_id>/stocks/<ticker:ticker>": {"json": {"days": 30}},
    "/api/v1/alerts/<uuid:alert_id>": {"json": {"enabled": False}},
}
"""Bodies that these routes accept."""
WITH_BODY = {"PATCH", "PUT", "POST"}


@pytest.fixture
def ids(world: World):
    """The ids of one thing of each kind, which belong to the person."""
    owner = world.ids["person"]

    def make(connection):
        watchlist = watchlists.create_watchlist(connection, owner, "Energy", NOW)
        channel = Channel(str(uuid4()), owner, "mail", "Me", {"to": "person@example.org"}, None, NOW)
        channels.add_channel(connection, channel)
        alert = Alert(
            *(str(uuid4()), owner, "AAPL", "price", {"side": "above", "price": 1.0}, [channel.id]),
            state="armed",
            enabled=True,
            created_at=NOW,
            judged_through=date(2026, 1, 2),
            bands={},
            note="",
        )
        alerts.add_alert(connection, alert)
        delivery_id = channels.add_test_delivery(connection, channel.id, NOW)
        accounts.link_identity(connection, owner, "https://login.example", "1")
        (identity,) = accounts.list_identities(connection, owner)
        (session,) = sessions.list_sessions(connection, owner, NOW)
        return {
            "watchlist_id": watchlist.id,
            "channel_id": channel.id,
            "alert_id": alert.id,
            "delivery_id": delivery_id,
            "identity_id": id_of_identity(identity),
            "session_id": id_of(session),
        }

    return world.store.transaction(make) | {"token_id": add_token(world.store, owner, {Scope.READ})[0].id}


def test_a_thing_of_another_account_does_not_exist_on_any_route(world, redis_url, ids):
    client = make_app(world, redis_url, auth="on").test_client(use_cookies=False)
    personal = [(method, rule) for rule, method, _, operation in routes() if "<uuid:" in rule and operation.is_personal]
    tried = set()
    for method, rule in personal:
        (name,) = [name for name in ids if f"<uuid:{name}>" in rule]
        path = rule.replace(f"<uuid:{name}>", ids[name]).replace("<ticker:ticker>", "AAPL")
        body = BODIES.get(rule, {}) if method in WITH_BODY else {}
        for caller in ("administrator", "nobody"):
            answer = client.open(path, method=method, headers=world.credentials[caller], **body)
            expected = (404, "not_found") if caller == "administrator" else (401, "unauthenticated")
            assert (answer.status_code, answer.json["code"]) == expected, (method, rule, answer.text)
        tried.add(name)
    assert tried == set(ids), "each kind of thing has a route with its id"
    for path in ("watchlists", "alerts", "channels", "tokens", "sessions", "identities"):
        answer = client.get(f"/api/v1/{path}", headers=world.credentials["person"])
        assert len(answer.json[path]) == 1, "nothing was changed or deleted"
        other = client.get(f"/api/v1/{path}", headers=world.credentials["administrator"])
        assert not set(ids.values()) & {each["id"] for each in other.json[path]}
    check_problem(client.get("/api/v1/watchlists"), 401, "unauthenticated")
