"""Access to routes: every route with every kind of caller in every mode, with real Redis and SQLite."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import uuid4

import pytest
from pydantic import SecretStr

from common.domain.access import ALL_SCOPES, PERSON_SCOPES, Scope, hash_secret, make_secret
from common.domain.errors import StoreUnavailable
from common.sql.database_urls import sqlite_url
from common.sql.repositories.people import accounts, sessions, tokens
from common.sql.repositories.people.accounts import LOCAL_ACCOUNT_ID, NewAccount
from common.sql.repositories.people.audit import list_audit_records
from common.sql.repositories.people.sessions import Session
from common.sql.repositories.people.tokens import NewToken
from common.sql.store import SqlStore
from test_support.waiting import until
from tests.integration.webserver.test_prices_api import check_problem
from webserver.access import audit_trail, credential_store
from webserver.access.recent_callers import FRESH_FOR_S
from webserver.access.session_cookie import SESSION_COOKIE
from webserver.app import create_app
from webserver.http.operations import operation_of
from webserver.settings import WebSettings

NOW = datetime.now(UTC)
ID = "11111111-1111-4111-8111-111111111111"
VALUES = {
    "ticker": "AAPL",
    "name": "x.css",
    "digest": "0",
    **dict.fromkeys(
        (
            *("request_id", "batch_id", "watchlist_id", "token_id", "alert_id", "channel_id", "delivery_id"),
            *("session_id", "account_id", "identity_id"),
        ),
        ID,
    ),
}
TOKENS = {
    "read token": {Scope.READ},
    "forecast token": {Scope.FORECAST},
    "write token": {Scope.WRITE},
    "admin token": {Scope.ADMIN},
}
SESSIONS = {"person": PERSON_SCOPES, "administrator": PERSON_SCOPES | {Scope.ADMIN}}
CALLERS = ["nobody", *TOKENS, *SESSIONS]
MODES = {
    "off": {"auth": "off"},
    "open": {"auth": "open"},
    "on": {"auth": "on"},
    "on, public": {"auth": "on", "public_read": "on"},
}


@dataclass
class World:
    """A store with accounts, and the credentials of each kind of caller."""

    store: SqlStore
    url: str
    credentials: dict[str, dict[str, str]]
    ids: dict[str, str]


def add_token(store, account_id, scopes, life=timedelta(days=1)):
    new = NewToken(account_id, "test", tuple(scopes), life)
    return store.transaction(lambda connection: tokens.create_token(connection, new, NOW))


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def add_person(store, email, *, is_admin):
    """Return the id of a new account and the headers of its session."""
    new, secret = NewAccount(email, is_admin=is_admin), make_secret()
    now = datetime.now(UTC)  # NOW may be a quarter of an hour ago, when a login is too old for some changes

    def add(connection):
        account = accounts.create_account(connection, new, NOW)
        session = Session(hash_secret(secret), account.id, now, now, now + timedelta(days=1), "test")
        sessions.add_session(connection, session)
        return account.id

    return store.transaction(add), {"Cookie": f"{SESSION_COOKIE}={secret}"}


@pytest.fixture
def world(sqlite_address):
    store = SqlStore(sqlite_address)
    administrator, admin_session = add_person(store, "admin@example.org", is_admin=True)
    person, session = add_person(store, "person@example.org", is_admin=False)
    credentials = {"nobody": {}, "person": session, "administrator": admin_session}
    for name, scopes in TOKENS.items():
        credentials[name] = bearer(add_token(store, LOCAL_ACCOUNT_ID, scopes)[1])
    yield World(store, sqlite_url(sqlite_address.path), credentials, {"person": person, "admin": administrator})
    store.close()


def make_app(world, redis_url, **settings):
    url = SecretStr(world.url) if world else None
    return create_app(WebSettings(redis_url=redis_url, database_url=url, **settings))


@cache
def routes():
    """Every route: its rule, method and operation."""
    app = create_app(WebSettings(redis_url="redis://127.0.0.1:1/0"))
    return [
        (rule.rule, method, rule.endpoint, operation_of(app.view_functions[rule.endpoint]))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def address_of(rule):
    for part, value in VALUES.items():
        for form in (f"<{part}>", f"<uuid:{part}>", f"<ticker:{part}>", f"<path:{part}>"):
            rule = rule.replace(form, value)
    assert "<" not in rule, rule
    return rule


def scopes_of(caller, mode, *, personal):
    """The scopes of a caller, as the documents state them. What everybody may does not open an account's data."""
    if mode == "off":
        return ALL_SCOPES
    anybody = {"open": {Scope.READ, Scope.FORECAST}, "on": set(), "on, public": {Scope.READ, Scope.FORECAST}}[mode]
    own = TOKENS.get(caller, set()) | (SESSIONS.get(caller, set()) if mode.startswith("on") else set())
    return frozenset(own if personal else anybody | own)


def expected(caller, mode, operation):
    """Return 401 or 403, or None if the route runs."""
    if operation.scope is Scope.PUBLIC:
        return None
    is_known = mode == "off" or caller in TOKENS or (caller in SESSIONS and mode.startswith("on"))
    if operation.scope in scopes_of(caller, mode, personal=operation.is_personal) and (
        is_known or not operation.is_personal
    ):
        return None
    return 403 if is_known else 401


@pytest.mark.parametrize("mode", MODES)
def test_every_route_admits_exactly_the_callers_that_have_its_scope(world, redis_url, monkeypatch, mode, subtests):
    app = make_app(world, redis_url, **MODES[mode])
    ran = []
    for endpoint, view in list(app.view_functions.items()):
        stand_in = lambda endpoint=endpoint, **_: ran.append(endpoint) or "ran"  # noqa: E731
        stand_in.operation = operation_of(view)
        monkeypatch.setitem(app.view_functions, endpoint, stand_in)
    client = app.test_client(use_cookies=False)
    for caller in CALLERS:
        with subtests.test(caller=caller):
            assert wrong_admissions(client, ran, world, caller, mode) == []
    assert len(routes()) > 30


def wrong_admissions(client, ran, world, caller, mode):
    """Ask for every route, and return the answers that are not as expected."""
    wrong = []
    for rule, method, endpoint, operation in routes():
        ran.clear()
        answer = client.open(address_of(rule), method=method, headers=world.credentials[caller])
        refused = expected(caller, mode, operation)
        if ran != ([] if refused else [endpoint]) or (refused and answer.status_code != refused):
            wrong.append((method, rule, answer.status_code, refused, answer.text[:200]))
        if refused == 403:
            assert f"scope {operation.scope}" in answer.json["detail"]
        if refused == 401:
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    return wrong


def test_every_route_has_a_scope_and_every_change_needs_one():
    """A change that needs nothing is named here, with its reason."""
    open_changes = {
        (rule, method) for rule, method, _, operation in routes() if method != "GET" and operation.scope is Scope.PUBLIC
    }
    before_login = {
        *("/api/v1/sessions", "/api/v1/accounts", "/api/v1/registrations"),
        *("/api/v1/password-resets", "/api/v1/password-resets:use", "/api/v1/provider-logins"),
    }
    assert open_changes == {(rule, "POST") for rule in before_login}, "nobody has an account before these"
    assert all(isinstance(operation.scope, Scope) for _, _, _, operation in routes())


WRONG = {
    "another text": "Bearer hello",
    "an empty one": "Bearer ",
    "an unknown token": f"Bearer {make_secret()}",
    "a longer one": f"Bearer {make_secret()}0",
    "lower case": f"bearer {make_secret()[:-1]}",
}


@pytest.mark.parametrize("mode", ["open", "on", "on, public"])
def test_a_wrong_token_is_never_treated_as_nobody(world, redis_url, mode, subtests):
    client = make_app(world, redis_url, **MODES[mode]).test_client()
    for name, header in WRONG.items():
        with subtests.test(name):
            answer = client.get(f"/api/v1/forecasts/{ID}", headers={"Authorization": header})
            check_problem(answer, 401, "unauthenticated")
            assert "not valid" in answer.json["detail"]
            check_problem(client.get("/api/v1/account", headers={"Authorization": header}), 401, "unauthenticated")
            assert client.get("/", headers={"Authorization": header}).status_code == 200


def test_an_empty_header_is_no_token(world, redis_url):
    """Grafana sends one where no token is set."""
    client = make_app(world, redis_url, auth="open").test_client()
    assert client.get("/api/v1/account", headers={"Authorization": ""}).json["kind"] == "nobody"


def test_the_machine_itself_needs_no_token_and_ignores_one(world, redis_url):
    client = make_app(world, redis_url, auth="off").test_client()
    account = client.get("/api/v1/account", headers=bearer("nonsense")).json
    assert (account["mode"], account["kind"], account["account_id"]) == ("off", "local", LOCAL_ACCOUNT_ID)
    assert set(account["scopes"]) == {"read", "forecast", "write", "admin", "account"}


def test_the_account_shows_what_the_caller_may_do(world, redis_url):
    client = make_app(world, redis_url, auth="open").test_client()
    nobody = client.get("/api/v1/account").json
    assert nobody == {"mode": "open", "kind": "nobody", "account_id": None, "email": None} | {
        "scopes": ["forecast", "read"]
    }
    writer = client.get("/api/v1/account", headers=world.credentials["write token"]).json
    assert (writer["kind"], writer["scopes"]) == ("token", ["forecast", "read", "write"])


def test_an_expired_token_is_refused_with_its_own_sentence(world, redis_url):
    client = make_app(world, redis_url, auth="on").test_client()
    _, secret = add_token(world.store, LOCAL_ACCOUNT_ID, {Scope.READ}, timedelta(seconds=-1))
    answer = client.get("/api/v1/tickers", headers=bearer(secret))
    check_problem(answer, 401, "unauthenticated")
    assert "expired" in answer.json["detail"]


def test_a_revoked_token_is_refused_within_a_second(world, redis_url, monkeypatch):
    client = make_app(world, redis_url, auth="on").test_client()
    token, secret = add_token(world.store, LOCAL_ACCOUNT_ID, {Scope.READ})
    assert client.get(f"/api/v1/forecasts/{ID}", headers=bearer(secret)).status_code == 404
    world.store.transaction(lambda connection: tokens.revoke_token(connection, token.id, NOW))
    monkeypatch.setattr("webserver.access.recent_callers.FRESH_FOR_S", 0.0)  # as if that time had passed
    answer = client.get(f"/api/v1/forecasts/{ID}", headers=bearer(secret))
    check_problem(answer, 401, "unauthenticated")
    assert "revoked" in answer.json["detail"]
    assert FRESH_FOR_S < 1


def test_a_disabled_account_has_no_tokens_and_no_sessions(world, redis_url):
    client = make_app(world, redis_url, auth="on").test_client(use_cookies=False)
    _, secret = add_token(world.store, world.ids["person"], {Scope.READ})
    world.store.transaction(lambda connection: accounts.set_disabled(connection, world.ids["person"], NOW))
    for headers in (bearer(secret), world.credentials["person"]):
        answer = client.get("/api/v1/tickers", headers=headers)
        check_problem(answer, 401, "unauthenticated")
        assert "disabled" in answer.json["detail"]


def test_an_admin_token_of_a_person_who_is_no_administrator_any_more_reads_no_log(world, redis_url):
    client = make_app(world, redis_url, auth="on").test_client()
    _, secret = add_token(world.store, world.ids["admin"], {Scope.ADMIN})
    assert client.get("/api/v1/audit", headers=bearer(secret)).status_code == 200
    world.store.transaction(lambda connection: accounts.set_admin(connection, world.ids["admin"], is_admin=False))
    client = make_app(world, redis_url, auth="on").test_client()
    check_problem(client.get("/api/v1/audit", headers=bearer(secret)), 403, "forbidden")


def test_the_last_use_of_a_token_is_recorded_once_a_minute(world, redis_url, monkeypatch):
    monkeypatch.setattr(credential_store, "Thread", InlineThread)
    client = make_app(world, redis_url, auth="on").test_client()
    token, secret = add_token(world.store, LOCAL_ACCOUNT_ID, {Scope.READ})

    def last_used():
        listed = world.store.read(tokens.list_tokens)
        return next(each.last_used_at for each in listed if each.id == token.id)

    assert last_used() is None
    client.get(f"/api/v1/forecasts/{ID}", headers=bearer(secret))
    first = last_used()
    assert abs(first - datetime.now(UTC)) < timedelta(minutes=1)
    make_app(world, redis_url, auth="on").test_client().get(f"/api/v1/forecasts/{ID}", headers=bearer(secret))
    assert last_used() == first


class InlineThread:
    """Runs at once, so that a test need not wait."""

    def __init__(self, target, args, daemon):
        self._run = lambda: target(*args)

    def start(self):
        self._run()


def test_tokens_are_created_listed_and_revoked_by_a_person(world, redis_url):
    client = make_app(world, redis_url, auth="on").test_client(use_cookies=False)
    person = world.credentials["person"]
    created = client.post("/api/v1/tokens", json={"name": "job", "scopes": ["forecast", "read"]}, headers=person)
    assert created.status_code == 201
    assert created.headers["Cache-Control"] == "no-store"
    secret = created.json["token"]
    assert secret.startswith(created.json["prefix"])
    assert created.json["scopes"] == ["read", "forecast"]
    assert client.get("/api/v1/account", headers=bearer(secret)).json["account_id"] == world.ids["person"]
    (listed,) = client.get("/api/v1/tokens", headers=person).json["tokens"]
    assert "token" not in listed
    assert secret not in client.get("/api/v1/tokens", headers=person).text
    assert client.get("/api/v1/tokens", headers=world.credentials["administrator"]).json["tokens"] == []
    mine = f"/api/v1/tokens/{listed['id']}"
    check_problem(client.delete(mine, headers=world.credentials["administrator"]), 404, "not_found")
    assert client.delete(mine, headers=person).status_code == 204
    check_problem(client.delete(mine, headers=person), 404, "not_found")


def test_nobody_creates_a_token_that_may_more_than_its_creator(world, redis_url):
    client = make_app(world, redis_url, auth="on").test_client(use_cookies=False)
    too_much = {"name": "too much", "scopes": ["read", "admin"]}
    answer = client.post("/api/v1/tokens", json=too_much, headers=world.credentials["person"])
    check_problem(answer, 403, "forbidden")
    assert "scope admin" in answer.json["detail"]
    assert client.post("/api/v1/tokens", json=too_much, headers=world.credentials["administrator"]).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"scopes": []},
        {"scopes": ["account"]},
        {"scopes": ["delete"]},
        {"expires_in_days": 0},
        {"expires_in_days": 9999},
        {"secret": "mine"},
    ],
)
def test_a_wrong_wish_for_a_token_is_explained(world, redis_url, change):
    client = make_app(world, redis_url, auth="off").test_client()
    answer = client.post("/api/v1/tokens", json={"name": "job", "scopes": ["read"]} | change)
    check_problem(answer, 400, "invalid_request")
    assert next(iter(change)) in answer.json["detail"]


def test_changes_are_in_the_log_with_who_made_them(world, redis_url):
    client = make_app(world, redis_url, auth="on").test_client(use_cookies=False)
    person = world.credentials["person"]
    made = client.post("/api/v1/watchlists", json={"name": "Energy"}, headers=person).json
    client.delete(f"/api/v1/watchlists/{made['id']}", headers=person)
    client.delete(f"/api/v1/watchlists/{made['id']}", headers=person)  # fails, so it is no change
    token = client.post("/api/v1/tokens", json={"name": "job", "scopes": ["read"]}, headers=person).json
    log = client.get("/api/v1/audit", headers=world.credentials["administrator"]).json["entries"]
    assert [(entry["action"], entry["subject"]) for entry in log] == [
        ("tokens.create", token["id"]),
        ("watchlists.delete", made["id"]),
        ("watchlists.create", made["id"]),
    ]
    assert {(entry["actor"], entry["actor_kind"]) for entry in log} == {(world.ids["person"], "session")}
    assert token["token"] not in repr(world.store.read(lambda connection: list_audit_records(connection, 100)))


def test_the_log_has_pages(world, redis_url, monkeypatch):
    monkeypatch.setattr("webserver.accounts.audit_routes.PAGE", 2)
    client = make_app(world, redis_url, auth="off").test_client()
    for number in range(5):
        client.post("/api/v1/watchlists", json={"name": f"list {number}"})
    seen, page = [], "/api/v1/audit"
    while page:
        answer = client.get(page).json
        seen += [entry["id"] for entry in answer["entries"]]
        page = answer["next"]
    assert seen == [5, 4, 3, 2, 1]
    check_problem(client.get("/api/v1/audit?before=x"), 400, "invalid_request")


def test_quotas_count_per_account_and_else_per_address(world, redis_url):
    client = make_app(
        world,
        redis_url,
        auth="open",
        rate_limit_per_client=WebSettings(rate_limit_per_client="1/day").rate_limit_per_client,
    ).test_client(use_cookies=False)

    def look(caller):
        return client.get("/api/v1/watchlists/" + ID, headers=world.credentials[caller]).status_code

    assert (look("read token"), look("write token")) == (404, 429), "two tokens of one account share its quota"
    other = bearer(add_token(world.store, world.ids["person"], {Scope.READ})[1])
    assert client.get("/api/v1/watchlists/" + ID, headers=other).status_code == 404
    assert (look("nobody"), look("nobody")) == (401, 429)


def test_guessing_tokens_counts_against_the_address(world, redis_url):
    limit = WebSettings(rate_limit_per_client="3/day").rate_limit_per_client
    client = make_app(world, redis_url, auth="on", rate_limit_per_client=limit).test_client()
    for _ in range(2):
        assert client.get(f"/api/v1/forecasts/{ID}", headers=bearer(make_secret())).status_code == 401
    assert client.get("/api/v1/account", headers=bearer(make_secret())).status_code == 401
    for path in (f"/api/v1/forecasts/{ID}", "/api/v1/account"):
        assert client.get(path, headers=bearer(make_secret())).status_code == 429


def test_an_address_that_has_used_up_its_quota_asks_the_store_no_more(world, redis_url, monkeypatch):
    limit = WebSettings(rate_limit_per_client="2/day").rate_limit_per_client
    client = make_app(world, redis_url, auth="on", rate_limit_per_client=limit).test_client(use_cookies=False)
    good = bearer(add_token(world.store, world.ids["person"], {Scope.READ})[1])
    assert client.get("/api/v1/watchlists", headers=good).status_code == 200
    asked, find = [], tokens.find_token
    monkeypatch.setattr(tokens, "find_token", lambda *args: asked.append(args) or find(*args))
    paths = (f"/api/v1/forecasts/{ID}", "/api/v1/account", "/api/v1/watchlists")
    answers = [client.get(path, headers=bearer(make_secret())) for path in (*paths, *paths)]
    assert [answer.status_code for answer in answers] == [401, 401, 429, 429, 429, 429]
    assert len(asked) == 2
    assert answers[2].headers["Retry-After"]
    monkeypatch.setattr("webserver.access.recent_callers.FRESH_FOR_S", 0.0)  # as if that time had passed
    assert client.get("/api/v1/watchlists", headers=good).status_code == 200, (
        "another's guesses do not lock a person out"
    )


def test_tokens_of_the_machine_keep_their_scopes_when_accounts_come(world, redis_url):
    before = make_app(world, redis_url, auth="open").test_client(use_cookies=False)
    after = make_app(world, redis_url, auth="on").test_client(use_cookies=False)
    for name, scopes in TOKENS.items():
        allowed = [client.get("/api/v1/account", headers=world.credentials[name]).json for client in (before, after)]
        assert {each["account_id"] for each in allowed} == {LOCAL_ACCOUNT_ID}
        assert set(allowed[1]["scopes"]) == set(map(str, scopes))
        assert set(allowed[0]["scopes"]) == set(map(str, scopes | {Scope.READ, Scope.FORECAST}))
    assert after.get("/api/v1/audit", headers=world.credentials["admin token"]).status_code == 200
    assert before.get("/api/v1/audit", headers=world.credentials["admin token"]).status_code == 200


def test_reading_goes_on_while_the_store_is_away(redis_url, tmp_path):
    url = SecretStr(sqlite_url(tmp_path / "nothing.sqlite"))
    client = create_app(WebSettings(redis_url=redis_url, database_url=url, auth="open")).test_client()
    check_problem(client.get(f"/api/v1/forecasts/{ID}"), 404, "not_found")
    answer = client.get(f"/api/v1/forecasts/{ID}", headers=bearer(make_secret()))
    check_problem(answer, 503, "store_unavailable")
    assert "cannot be checked" in answer.json["detail"]
    assert answer.headers["Retry-After"]
    assert client.get("/livez").status_code == 200


def test_a_change_succeeds_while_the_log_cannot_be_written(world, redis_url, monkeypatch, caplog):
    def fail(*_args):
        raise StoreUnavailable

    monkeypatch.setattr("webserver.access.audit_trail.add_audit_entry", fail)
    caplog.set_level("INFO")
    client = make_app(world, redis_url, auth="off").test_client()
    assert client.post("/api/v1/watchlists", json={"name": str(uuid4())}).status_code == 201
    assert "changed: watchlists.create" in caplog.text


def test_a_change_does_not_wait_for_a_store_that_hangs(world, redis_url, monkeypatch):
    released, add = threading.Event(), audit_trail.add_audit_entry

    def hang(*args):
        assert released.wait(100)
        add(*args)

    monkeypatch.setattr(audit_trail, "add_audit_entry", hang)
    monkeypatch.setattr(audit_trail, "LONGEST_WAIT_S", 0.01)
    client = make_app(world, redis_url, auth="off").test_client()
    made = client.post("/api/v1/watchlists", json={"name": "Energy"})
    assert made.status_code == 201

    def logged():
        return [entry.subject for entry in world.store.read(lambda connection: list_audit_records(connection, 100))]

    assert logged() == [], "the answer did not wait for the row"
    released.set()
    until(lambda: logged() == [made.json["id"]])
