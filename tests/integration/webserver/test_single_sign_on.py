"""Logging in at a real OpenID Connect provider on loopback."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey

from common.sql.repositories.people import accounts
from test_support.web.identity_provider import CLIENT_ID, CLIENT_SECRET, query_of, running_provider
from tests.integration.webserver.test_people import (  # noqa: F401 - fixtures
    ANN,
    BEN,
    add_person,
    cheap_hashes,
    log_in,
    make_client,
    me,
    no_clock_in_transactions,
    secret_of,
    sql_address,
    store,
)
from tests.integration.webserver.test_prices_api import check_problem
from webserver.people.oidc.single_sign_on import LAST_WAY

pytestmark = pytest.mark.usefixtures("cheap_hashes", "no_clock_in_transactions")


@pytest.fixture
def provider():
    with running_provider() as running:
        running.claims = {"sub": "248289761001", "email": "Ann@example.org", "email_verified": True}
        yield running


@pytest.fixture
def make_guest(make_client, provider):  # noqa: F811
    """Make a client of a server that knows the provider."""
    settings = {"OIDC_ISSUER": provider.issuer, "OIDC_CLIENT_ID": CLIENT_ID, "OIDC_CLIENT_SECRET": CLIENT_SECRET}
    return lambda **more: make_client(PUBLIC_URL="http://localhost", **settings | more)


def begin(client, **body):
    answer = client.post("/api/v1/provider-logins", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json["url"]


def visit(url):
    """Log in at the provider, and return the address to which it sends the browser."""
    return httpx.get(url, trust_env=False).headers["Location"].removeprefix("http://localhost")


def sign_on(client, **body):
    """Log in; return the address of the page to which the browser comes."""
    return client.get(visit(begin(client, **body))).headers["Location"]


def test_a_person_registers_and_logs_in_at_the_provider(make_guest, store):  # noqa: F811
    client = make_guest(REGISTRATION="open")
    url = begin(client)
    asked = query_of(url)
    assert asked["redirect_uri"] == "http://localhost/login/callback"
    assert (asked["scope"], asked["code_challenge_method"]) == ("openid email", "S256")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    cookie = client.get_cookie("stockcast_login")
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert client.get(visit(url)).headers["Location"] == "../"
    assert client.get_cookie("stockcast_login") is None
    assert me(client)["email"] == ANN
    (account,) = store.read(accounts.list_accounts)
    assert (account.is_admin, account.password_hash) == (True, None)
    assert sign_on(make_guest()) == "../", "the second time the account exists"
    assert len(store.read(accounts.list_accounts)) == 1
    assert client.get("/api/v1/login-options").json["provider"] == "127.0.0.1"


@pytest.mark.parametrize("registration", ["open", "invitation", "closed"])
def test_nobody_gets_an_account_by_its_email(make_guest, store, registration):  # noqa: F811
    ann = add_person(store, ANN)
    client = make_guest(REGISTRATION=registration)
    assert sign_on(client) == "../login#known_address"
    assert me(client)["kind"] == "nobody"
    assert store.read(lambda connection: accounts.list_identities(connection, ann.id)) == []


@pytest.mark.parametrize("email", [{"email_verified": False}, {"email_verified": "true"}, {"email": None}])
def test_an_address_that_the_provider_did_not_verify_makes_no_account(make_guest, store, provider, email):  # noqa: F811
    provider.override = email
    assert sign_on(make_guest(REGISTRATION="open")) == "../login#no_account"
    assert store.read(accounts.list_accounts) == []


def test_without_an_invitation_a_stranger_gets_no_account(make_guest, store):  # noqa: F811
    assert sign_on(make_guest()) == "../login#no_account"
    add_person(store, "admin@example.org", is_admin=True)
    admin = make_guest()
    log_in(admin, "admin@example.org")
    link = admin.post("/api/v1/invitations", json={"email": ANN}).json["url"]
    assert sign_on(make_guest(), secret=secret_of(link)) == "../"
    assert sign_on(make_guest(REGISTRATION="closed")) == "../", "the account exists by now"


def test_a_person_links_an_identity_when_logged_in(make_guest, store, provider):  # noqa: F811
    add_person(store, BEN)
    client = make_guest()
    check_problem(client.post("/api/v1/provider-logins", json={"is_link": True}), 401, "unauthenticated")
    log_in(client, BEN)
    assert sign_on(client, is_link=True) == "../account"
    (linked,) = client.get("/api/v1/identities").json["identities"]
    assert (linked["issuer"], linked["subject"]) == (provider.issuer, "248289761001")
    fresh = make_guest()
    assert sign_on(fresh) == "../"
    assert me(fresh)["email"] == BEN, "the subject decides, not the email"
    add_person(store, "third@example.org")
    third = make_guest()
    log_in(third, "third@example.org")
    assert sign_on(third, is_link=True) == "../login#other_account"
    check_problem(third.delete(f"/api/v1/identities/{linked['id']}"), 404, "not_found")
    assert client.delete(f"/api/v1/identities/{linked['id']}").status_code == 204
    assert sign_on(make_guest()) == "../login#no_account"


def test_a_link_that_one_account_began_is_not_finished_by_another(make_guest, store):  # noqa: F811
    add_person(store, ANN)
    add_person(store, BEN)
    client = make_guest()
    log_in(client, BEN)
    back = visit(begin(client, is_link=True))
    log_in(client, ANN)
    assert client.get(back).headers["Location"] == "../login#refused"
    assert client.get("/api/v1/identities").json["identities"] == []


def test_the_only_way_to_log_in_stays(make_guest):
    client = make_guest(REGISTRATION="open")
    sign_on(client)
    (linked,) = client.get("/api/v1/identities").json["identities"]
    answer = client.delete(f"/api/v1/identities/{linked['id']}")
    check_problem(answer, 400, "invalid_request")
    assert answer.json["detail"] == LAST_WAY


def test_a_disabled_account_gets_no_session(make_guest, store):  # noqa: F811
    sign_on(make_guest(REGISTRATION="open"))
    (account,) = store.read(accounts.list_accounts)
    store.transaction(lambda connection: accounts.set_disabled(connection, account.id, datetime.now(UTC)))
    assert sign_on(make_guest()) == "../login#disabled"


WRONG = {
    "another issuer": {"iss": "https://evil.example"},
    "another audience": {"aud": "another client"},
    "no audience": {"aud": None},
    "another authorised party": {"aud": [CLIENT_ID, "other"], "azp": "other"},
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "no subject": {"sub": None},
    "expired": {"exp": 1},
    "no expiry": {"exp": None},
}


@pytest.mark.parametrize("override", WRONG.values(), ids=list(WRONG))
def test_a_wrong_token_is_refused(make_guest, store, provider, override):  # noqa: F811
    provider.override = override
    client = make_guest(REGISTRATION="open")
    assert sign_on(client) == "../login#refused"
    assert me(client)["kind"] == "nobody"
    assert store.read(accounts.list_accounts) == []


def test_only_signatures_of_the_providers_own_keys_count(make_guest, provider):
    provider.key = RSAKey.generate_key(2048, {"kid": "1"})
    assert sign_on(make_guest(REGISTRATION="open")) == "../login#refused"
    provider.key, provider.algorithm = OctKey.import_key(CLIENT_SECRET), "HS256"
    assert sign_on(make_guest()) == "../login#refused"
    provider.described_issuer, provider.key, provider.algorithm = "https://other.example", None, "RS256"
    check_problem(make_guest().post("/api/v1/provider-logins", json={}), 503, "busy")


def test_a_login_belongs_to_the_browser_that_began_it(make_guest):
    client, other = make_guest(REGISTRATION="open"), make_guest()
    back = visit(begin(client))
    assert other.get(back).headers["Location"] == "../login#refused", "no cookie: a login by somebody else's link"
    begin(other)
    assert other.get(back).headers["Location"] == "../login#refused", "another state"
    other.set_cookie("stockcast_login", "eyJhbGciOiJub25lIn0.e30.")
    assert other.get(back).headers["Location"] == "../login#refused", "a cookie that this server did not make"
    assert client.get(back).headers["Location"] == "../"
    client.delete("/api/v1/sessions/present")
    assert client.get(back).headers["Location"] == "../login#refused", "once only"
    assert client.get("/login/callback?error=access_denied").headers["Location"] == "../login#refused"


def test_without_a_provider_there_is_no_such_login(make_client):  # noqa: F811
    client = make_client()
    check_problem(client.post("/api/v1/provider-logins", json={}), 404, "not_found")
    check_problem(client.get("/login/callback?code=x&state=y"), 404, "not_found")


def test_a_provider_that_cannot_be_reached_is_explained(make_guest):
    client = make_guest(OIDC_ISSUER="http://127.0.0.1:1")
    answer = client.post("/api/v1/provider-logins", json={})
    check_problem(answer, 503, "busy")
    assert "provider" in answer.json["detail"]
