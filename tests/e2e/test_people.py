"""People's accounts in a real browser, on a whole stack with AUTH=on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from test_support.paths import ROOT
from test_support.stacks.run_app import RunningStack, running_stack
from test_support.waiting import until
from test_support.web.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, running_provider
from tests.e2e.conftest import LOOKS, OF_A_LOOK, violations, watched_page

ADMIN, ANN, BEN = "admin@example.org", "ann@example.org", "ben@example.org"
PASSWORD, OTHER = "copper lantern wide river", "seven quiet maple boats"


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    """An identity provider, which logs everybody in as the person of its claims."""
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def guarded(provider: IdentityProvider) -> Iterator[RunningStack]:
    """A stack on which people log in, with a password or at the provider."""
    client = {"OIDC_CLIENT_ID": CLIENT_ID, "OIDC_CLIENT_SECRET": CLIENT_SECRET}
    with running_stack({"PROVIDERS": "sample", "AUTH": "on", "OIDC_ISSUER": provider.issuer} | client) as running:
        yield running


@pytest.fixture(scope="module")
def administrator(guarded: RunningStack) -> str:
    """The link of the first administrator, as the command prints it."""
    return create_account(guarded, ADMIN, "--admin")


def create_account(stack: RunningStack, email: str, *options: str) -> str:
    """Create an account by the command; return the link that it prints."""
    command = [sys.executable, "-m", "cli", "account", "create", email, *options]
    environment = os.environ | {"PORT": str(stack.port)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200, check=True)
    link = done.stdout.strip()
    assert link.startswith(f"{stack.url}/reset#")
    return link


@contextmanager
def person(browser: Browser, stack: RunningStack) -> Iterator[Page]:
    """A person's own browser."""
    with watched_page(browser, stack.url) as page:
        yield page


def log_in(page: Page, email: str, password: str) -> None:
    page.goto("/login")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()


def log_in_at_provider(page: Page) -> None:
    page.goto("/login")
    page.get_by_role("button", name="Log in with 127.0.0.1").click()


def check_looks(page: Page) -> None:
    """Check the page with axe in both schemes, and that 375 pixels are wide enough."""
    for rules, (scheme, size) in zip(((), OF_A_LOOK), LOOKS, strict=True):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size if scheme == "light" else {"width": 375, "height": 740})
        assert violations(page, rules) == [], (page.url, scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def test_people_get_in_and_out(browser, guarded, administrator):
    with person(browser, guarded) as page, person(browser, guarded) as other:
        set_first_password(page, administrator)
        log_in(page, ADMIN, "a wrong password")
        expect(page.get_by_role("alert")).to_contain_text("is wrong")
        keep_answers(page)
        log_in(page, ADMIN, PASSWORD)
        expect(page.get_by_role("link", name=ADMIN)).to_be_visible()
        assert page.evaluate(KEPT) == [], "the answers of the account before"
        register(other, invite(page, ANN))
        use_account(other, guarded)
        disable(page, other)
        log_out(page)


def set_first_password(page, administrator):
    page.goto("/?ticker=AAPL&days=30")
    expect(page).to_have_url(re.compile(r"/login\?ticker=AAPL&days=30$"))
    check_looks(page)

    page.goto(administrator)
    page.get_by_label("New password").fill("passwordpassword")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_contain_text("easy to guess")
    assert page.url.endswith("/reset"), "the secret is not in the address any more"
    enter_password(page, PASSWORD)
    check_looks(page)


def set_password(page, link, password):
    page.goto(link)
    enter_password(page, password)


def enter_password(page, password):
    page.get_by_label("New password").fill(password)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_contain_text("is set")


def invite(page, email):
    page.goto("/administration")
    page.get_by_label("Only for this email address").fill(email)
    page.get_by_role("button", name="Create an invitation").click()
    link = page.locator("#new-link code").inner_text()
    expect(page.locator("#invitations")).to_contain_text(ANN)
    check_looks(page)
    return link


def register(other, link):
    other.goto(link)
    other.locator("#email").fill(ANN)
    other.locator("#password").fill(OTHER)
    check_looks(other)
    other.get_by_role("button", name="Register").click()
    expect(other.get_by_role("link", name=ANN)).to_be_visible()


def use_account(other, guarded):
    other.get_by_role("link", name=ANN).click()
    expect(other.locator("#who")).to_have_text(ANN)
    expect(other.locator("#sessions tbody tr")).to_have_count(1)
    other.get_by_label("What is it for?").fill("nightly job")
    other.get_by_role("button", name="Create a token").click()
    expect(other.get_by_role("alert")).to_contain_text("needs your present password")
    other.get_by_label("Your password").fill(OTHER)
    other.get_by_role("button", name="Create a token").click()
    secret = other.locator("#new-token code").inner_text()
    assert secret.startswith("stockcast_")
    expect(other.locator("#tokens")).to_contain_text("nightly job")
    check_looks(other)
    assert guarded_get(guarded, secret) == 200
    other.get_by_role("button", name="Revoke").click()
    expect(other.locator("#tokens")).not_to_contain_text("nightly job")
    other.get_by_label("Present password").fill(OTHER)
    other.get_by_label("New password").fill(OTHER[::-1])
    other.get_by_role("button", name="Change the password").click()
    expect(other.get_by_role("alert")).to_contain_text("is changed")


def disable(page, other):
    page.reload()
    page.get_by_role("button", name=f"Disable: {ANN}").click()
    expect(page.locator("#accounts")).to_contain_text("disabled")
    # Each process of the web server may know a caller for half a second more.
    keep_answers(other)
    until(lambda: leads_to_login(other), complaint="the disabled account still has its page")
    assert other.evaluate(KEPT) == [], "the answers of a session that ended elsewhere"


def leads_to_login(page):
    """Load the page again, and return whether it is the login's once it has shown everything."""
    page.reload()
    page.wait_for_load_state("networkidle")
    return page.url.endswith("/login")


KEPT = "async () => (await caches.keys()).filter((name) => name.includes('answers'))"


def keep_answers(page):
    """Open the store of the last answers, as each answer of the page does."""
    page.evaluate(
        "import('/static/page/browser_storage.js').then(({keptAnswersName}) => caches.open(keptAnswersName()))"
    )
    assert page.evaluate(KEPT) == ["stockcast-answers /"]


def log_out(page):
    page.goto("/account")
    keep_answers(page)
    page.get_by_role("button", name="Log out everywhere").click()
    expect(page).to_have_url(re.compile("/login$"))
    assert page.evaluate(KEPT) == []
    page.goto("/")
    expect(page).to_have_url(re.compile("/login$"))


def guarded_get(stack, secret):
    with stack.client() as client:
        return client.get("/api/v1/tickers", headers={"Authorization": f"Bearer {secret}"}).status_code


def test_people_log_in_at_the_provider_once_they_have_linked_it(browser, guarded, provider):
    with person(browser, guarded) as page:
        set_password(page, create_account(guarded, BEN), PASSWORD)
        provider.claims = {"sub": "248289761001", "email": BEN, "email_verified": True}
        log_in_at_provider(page)
        expect(page.get_by_role("alert")).to_contain_text("There is an account with your email address.")
        assert page.url == f"{guarded.url}/login", "the reason is not in the address any more"
        check_looks(page)
        log_in(page, BEN, PASSWORD)
        expect(page.get_by_role("link", name=BEN)).to_be_visible()
        page.goto("/account")
        page.get_by_role("button", name="Link another").click()
        expect(page.locator("#identities")).to_contain_text(f"248289761001 at {provider.issuer}")
        assert page.url == f"{guarded.url}/account"
        check_looks(page)
        page.get_by_role("button", name="Log out", exact=True).click()
        expect(page).to_have_url(re.compile("/login$"))
        log_in_at_provider(page)
        expect(page.get_by_role("link", name=BEN)).to_be_visible()
        page.goto("/account")
        page.get_by_role("button", name="Remove").click()
        expect(page.locator("#identities li")).to_have_count(0)
        page.get_by_role("button", name="Log out", exact=True).click()
        expect(page).to_have_url(re.compile("/login$"))
        provider.claims = {"sub": "2", "email": "stranger@example.org", "email_verified": True}
        log_in_at_provider(page)
        expect(page.get_by_role("alert")).to_contain_text("There is no account for you here.")


def test_a_link_without_its_secret_is_explained(browser, guarded):
    with person(browser, guarded) as page:
        page.goto("/register")
        expect(page.get_by_role("alert")).to_contain_text("Ask its administrator")
        check_looks(page)
        page.goto("/reset")
        expect(page.get_by_role("alert")).to_contain_text("Ask its administrator")


def test_without_accounts_the_pages_say_so(page):
    expect(page.locator("#visitor")).to_be_hidden()
    page.route("**/chart-script.js", lambda route: route.abort())
    page.goto("/login")
    expect(page.get_by_role("alert")).to_contain_text("AUTH=on")
