"""The alerts of the page: made from a form or from the chart, paused, deleted, and notified through a real webhook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from test_support.network.http_server import serving
from test_support.waiting import until
from tests.e2e.conftest import DEADLINE_S, Shot, keep_pictures
from tests.e2e.test_page import FORECASTS, Answer, answer_with, ask, expect_answer, finished, problem, worded

__all__ = ["finished"]  # a fixture

ALERTS = "**/api/v1/alerts"
EVENTS = "**/api/v1/alert-events"
AWAY = problem("store_unavailable", 503, "Accounts and lists cannot be read or written now. Try again later.")


@dataclass
class Receiver:
    """A webhook on this machine: its address, and the notifications that came."""

    url: str
    bodies: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    with serving(server):
        yield found


@pytest.fixture
def client(stack: str, finished: Answer) -> Iterator[httpx.Client]:
    """A client of the API; the account has no alerts and no channels before and after the test."""
    assert finished["ticker"] == "AAPL", "whose prices are stored now"

    def clear() -> None:
        for name in ("alerts", "channels"):
            for each in api.get(f"/api/v1/{name}").raise_for_status().json()[name]:
                api.delete(f"/api/v1/{name}/{each['id']}").raise_for_status()

    with httpx.Client(base_url=stack, trust_env=False, timeout=60) as api:
        clear()
        yield api
        clear()


def alerts_of(client: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v1/alerts").raise_for_status().json()["alerts"]
    return found


def entries(page: Page, name: str) -> Locator:
    return page.get_by_role("list", name=name, exact=True).get_by_role("listitem")


def open_part(page: Page, name: str) -> None:
    page.locator("#alerts summary").filter(has_text=name).click()


def test_an_alert_is_made_from_a_sentence(client: httpx.Client, page: Page, shot: Shot) -> None:
    page.get_by_role("button", name="New alert").click()
    dialog = page.get_by_role("dialog", name="New alert")
    dialog.get_by_label("Stock").fill("aapl")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Enter a price above 0")
    dialog.get_by_label("Price").fill("450")
    expect(dialog.locator("#alert-sentence")).to_have_text("Tell me when AAPL closes above 450.")
    shot("alert-form")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="New alert")).to_be_focused()
    expect(entries(page, "Alerts")).to_contain_text(
        worded("Tell me when AAPL closes above 450.00.Armed. Judged up to the close of 1 Mar 2013.")
    )
    assert alerts_of(client)[0]["condition"] == {"kind": "price", "side": "above", "price": 450}


def test_each_condition_asks_for_its_figures(client: httpx.Client, page: Page) -> None:
    page.get_by_role("button", name="New alert").click()
    dialog = page.get_by_role("dialog", name="New alert")
    dialog.get_by_label("Stock").fill("AAPL")
    dialog.get_by_label("Condition").select_option("chance_below")
    dialog.get_by_label("Price").fill("400")
    expect(dialog.locator("#alert-sentence")).to_have_text(
        worded("has a chance of more than 20 % to end below 400 in 30 days.$")
    )
    dialog.get_by_label("Condition").select_option("unusual_move")
    expect(dialog.get_by_label("Price")).to_be_hidden()
    dialog.get_by_label("Usual moves").fill("2.5")
    dialog.get_by_role("button", name="Save").click()
    expect(entries(page, "Alerts")).to_contain_text("more than 2.5 usual daily moves")
    assert alerts_of(client)[0]["condition"] == {"kind": "unusual_move", "usual_moves": 2.5}


def test_an_alert_on_a_stock_without_prices_is_explained(client: httpx.Client, page: Page) -> None:
    page.get_by_role("button", name="New alert").click()
    dialog = page.get_by_role("dialog", name="New alert")
    dialog.get_by_label("Stock").fill("ZZZZZZ")
    dialog.get_by_label("Price").fill("450")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("ZZZZZZ")
    assert alerts_of(client) == []


def test_an_alert_is_made_at_the_line_of_the_chart(client: httpx.Client, charted: Page, finished: Answer) -> None:
    page = charted
    answer_with(page, FORECASTS, [(200, finished)])
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    line = page.get_by_role("slider", name="Line at a price")
    before = float(line.get_attribute("aria-valuenow") or 0)
    line.press("PageUp")
    expect(line).not_to_have_attribute("aria-valuenow", str(before))
    price = page.get_by_label("Price of the line").input_value()
    opener = page.get_by_role("button", name="Alert me at this price")
    opener.click()
    dialog = page.get_by_role("dialog", name="New alert")
    expect(dialog.locator("#alert-sentence")).to_contain_text("Tell me when AAPL closes above $")
    keep_pictures(page, "alert-from-chart")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    assert alerts_of(client)[0]["condition"] == {"kind": "price", "side": "above", "price": float(price)}
    page.get_by_label("Price of the line").fill("400")
    opener.click()
    expect(dialog.locator("#alert-sentence")).to_have_text("Tell me when AAPL closes below $400.00.")


def test_an_alert_is_paused_and_deleted(client: httpx.Client, unopened: Page, shot: Shot) -> None:
    page = unopened
    condition = {"kind": "price", "side": "above", "price": 450}
    client.post("/api/v1/alerts", json={"ticker": "AAPL", "condition": condition}).raise_for_status()
    page.goto("/")
    sentence = "Tell me when AAPL closes above 450.00."
    page.get_by_role("button", name=f"Pause: {sentence}").press("Enter")
    expect(entries(page, "Alerts")).to_contain_text("Paused")
    expect(page.get_by_role("button", name=f"Resume: {sentence}")).to_be_focused()
    assert alerts_of(client)[0]["enabled"] is False
    shot("alerts")
    page.keyboard.press("Enter")
    expect(entries(page, "Alerts")).to_contain_text("Armed")
    page.get_by_role("button", name=f"Delete: {sentence}").click()
    expect(page.locator("#alerts-empty")).to_be_visible()
    expect(page.get_by_role("button", name="New alert")).to_be_focused()
    assert alerts_of(client) == []


def test_a_webhook_is_made_tested_chosen_and_deleted(
    client: httpx.Client, page: Page, receiver: Receiver, shot: Shot
) -> None:
    page.get_by_role("button", name="New channel").click()
    dialog = page.get_by_role("dialog", name="New channel")
    dialog.get_by_label("Your name for it").fill("My program")
    dialog.get_by_label("Address of the webhook").fill("no address")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("url")
    dialog.get_by_label("Address of the webhook").fill(receiver.url)
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#alerts-news")).to_contain_text("is shown only now: whsec_")
    open_part(page, "Channels")
    expect(entries(page, "Channels")).to_contain_text("Webhook, 127.0.0.1")
    page.get_by_role("button", name="Test My program").click()
    expect(page.locator("#alerts-news")).to_have_text("The test has reached My program.")
    assert len(receiver.bodies) == 1
    shot("alert-channels")
    page.get_by_role("button", name="New alert").click()
    form = page.get_by_role("dialog", name="New alert")
    form.get_by_label("Stock").fill("AAPL")
    form.get_by_label("Price").fill("450")
    expect(form.get_by_role("checkbox", name="My program")).to_be_checked()
    form.get_by_role("button", name="Save").click()
    expect(entries(page, "Alerts")).to_have_count(1)
    (channel,) = client.get("/api/v1/channels").json()["channels"]
    assert alerts_of(client)[0]["channels"] == [channel["id"]]
    page.get_by_role("button", name="Delete My program").click()
    expect(page.locator("#channels-empty")).to_be_visible()


def test_the_log_of_notifications_sends_one_again(
    client: httpx.Client, unopened: Page, receiver: Receiver, shot: Shot
) -> None:
    page = unopened
    body = {"kind": "webhook", "name": "My program", "url": receiver.url}
    channel = client.post("/api/v1/channels", json=body).raise_for_status().json()["id"]
    page.goto("/")
    open_part(page, "Notifications")
    log = page.locator("#deliveries")
    expect(log).to_contain_text("No notifications yet.")
    client.post(f"/api/v1/channels/{channel}:test").raise_for_status()
    open_part(page, "Notifications")
    open_part(page, "Notifications")
    expect(entries(page, "Notifications")).to_contain_text("To My program. Delivered on")
    expect(entries(page, "Notifications")).to_contain_text("after 1 attempt: status 204.")
    log.get_by_role("button", name="Send again").click()
    expect(log.get_by_role("status")).to_have_text("The notification has reached My program.")
    expect(log.get_by_role("button", name="Send again")).to_be_focused()
    assert [each["id"] for each in receiver.bodies] == [receiver.bodies[0]["id"]] * 2
    shot("alert-deliveries")
    answer_with(page, "**/api/v1/deliveries", [AWAY])
    open_part(page, "Notifications")
    open_part(page, "Notifications")
    expect(log.get_by_role("alert")).to_contain_text("The notifications cannot be shown now.")


def test_a_service_of_apprise_is_made_by_its_address(client: httpx.Client, page: Page, receiver: Receiver) -> None:
    page.get_by_role("button", name="New channel").click()
    dialog = page.get_by_role("dialog", name="New channel")
    dialog.get_by_label("Kind").select_option("apprise")
    dialog.get_by_label("Your name for it").fill("My phone")
    dialog.get_by_label("Address of the service").fill("nonsense")
    expect(dialog).to_contain_text("for example ntfy://my-topic")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Apprise")
    dialog.get_by_label("Address of the service").fill(receiver.url.replace("http:", "json:"))
    dialog.get_by_role("button", name="Save").click()
    open_part(page, "Channels")
    expect(entries(page, "Channels")).to_contain_text("Service, json://…")
    page.get_by_role("button", name="Test My phone").click()
    expect(page.locator("#alerts-news")).to_have_text("The test has reached My phone.")
    assert [each["title"] for each in receiver.bodies] == ["Stockcast: test"]


def test_an_alert_gets_other_channels(client: httpx.Client, unopened: Page, shot: Shot) -> None:
    page = unopened
    body = {"kind": "webhook", "name": "My program", "url": "https://hooks.example/"}
    channel = client.post("/api/v1/channels", json=body).raise_for_status().json()["id"]
    condition = {"kind": "price", "side": "above", "price": 450}
    client.post("/api/v1/alerts", json={"ticker": "AAPL", "condition": condition}).raise_for_status()
    page.goto("/")
    opener = page.get_by_role("button", name="Channels: Tell me when AAPL closes above 450.00.")
    opener.press("Enter")
    dialog = page.get_by_role("dialog", name="Notify")
    expect(dialog).to_contain_text("Tell me when AAPL closes above 450.00.")
    box = dialog.get_by_role("checkbox", name="My program")
    expect(box).not_to_be_checked()
    box.check()
    shot("alert-notified")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    assert alerts_of(client)[0]["channels"] == [channel]
    opener.press("Enter")
    expect(box).to_be_checked()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_a_form_that_cannot_be_loaded_is_explained(client: httpx.Client, page: Page) -> None:
    expect(page.get_by_role("button", name="New alert")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("button", name="New alert").click()
    expect(page.locator("#alerts-problem")).to_contain_text("The server cannot be reached.")
    page.context.set_offline(False)
    page.get_by_role("button", name="New alert").click()
    expect(page.get_by_role("dialog", name="New alert")).to_be_visible()
    assert alerts_of(client) == []


PUSH_SERVICE = """
PushManager.prototype.subscribe = async () => ({
  toJSON: () => ({endpoint: "https://push.example/send/1", expirationTime: null, keys: %s}),
});
"""
PUSH_KEYS = {  # those of the example in RFC 8291
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}


def turn_on_notifications(page: Page) -> Locator:
    """Press the switch of this browser; return it. A headless Chromium has no push service, so a script stands in."""
    page.add_init_script(PUSH_SERVICE % json.dumps(PUSH_KEYS))
    page.goto("/")
    open_part(page, "Channels")
    switch = page.get_by_role("button", name="Notify me in this browser")
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.press("Enter")
    expect(switch).to_have_attribute("aria-pressed", "true")
    return switch


@pytest.mark.parametrize("service_workers", ["allow"])
def test_notifications_of_a_browser_are_switched_on_and_off(client: httpx.Client, unopened: Page, shot: Shot) -> None:
    page = unopened
    switch = turn_on_notifications(page)
    expect(switch).to_be_focused()
    expect(entries(page, "Channels")).to_contain_text("Chrome on Linux")
    expect(entries(page, "Channels")).to_contain_text("Browser, push.example")
    expect(page.locator("#alerts-news")).to_have_text("This browser is a channel now. Choose it in your alerts.")
    shot("alert-browser")
    assert [each["kind"] for each in client.get("/api/v1/channels").json()["channels"]] == ["web_push"]
    page.reload()
    open_part(page, "Channels")
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#alerts-news")).to_have_text("This browser gets no more notifications.")
    assert client.get("/api/v1/channels").json()["channels"] == []


@pytest.mark.parametrize("service_workers", ["allow"])
def test_a_browser_that_does_not_allow_notifications_is_told_so(client: httpx.Client, unopened: Page) -> None:
    page = unopened
    refusal = 'PushManager.prototype.subscribe = async () => { throw new DOMException("denied", "NotAllowedError"); };'
    page.add_init_script(refusal)
    page.goto("/")
    open_part(page, "Channels")
    page.get_by_role("button", name="Notify me in this browser").click()
    expect(page.locator("#alerts-news")).to_contain_text("does not allow notifications of this page")
    assert client.get("/api/v1/channels").json()["channels"] == []


def test_a_server_without_a_key_shows_no_switch(client: httpx.Client, unopened: Page) -> None:
    page = unopened
    answer_with(page, "**/api/v1/web-push-key", [(200, {"public_key": None})])
    page.goto("/")
    with page.expect_response("**/api/v1/web-push-key"):
        open_part(page, "Channels")
    expect(page.locator("#channels-empty")).to_be_visible()
    expect(page.get_by_role("button", name="Notify me in this browser")).to_have_count(0)
    assert client.get("/api/v1/web-push-key").json()["public_key"]


RECORD = """() => {
  globalThis.shown = [];
  globalThis.opened = [];
  registration.showNotification = async (title, options) => void shown.push([title, options]);
  Object.getPrototypeOf(clients).openWindow = async (url) => void opened.push(url);
}"""
CLICK = """(data) => dispatchEvent(Object.assign(new Event("notificationclick"), {
  notification: {data, close() {}},
  waitUntil() {},
}))"""


@pytest.mark.parametrize("service_workers", ["allow"])
def test_the_service_worker_shows_a_push_and_a_click_opens_its_stock(
    client: httpx.Client, page: Page, stack: str
) -> None:
    registrations: list[dict[str, Any]] = []
    devtools = page.context.new_cdp_session(page)
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"]))
    devtools.send("ServiceWorker.enable")
    turn_on_notifications(page)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    (worker,) = page.context.service_workers
    worker.evaluate(RECORD)  # a headless Chromium shows no notification
    content = {"id": "n1", "title": "Stockcast: AAPL", "body": "AAPL closed at 451.00 USD.", "url": "?ticker=AAPL"}
    push = {"origin": stack, "registrationId": registrations[-1]["registrationId"], "data": json.dumps(content)}
    devtools.send("ServiceWorker.deliverPushMessage", push)
    until(lambda: worker.evaluate("shown.length"), DEADLINE_S, "the push was not shown")
    ((title, options),) = worker.evaluate("shown")
    assert (title, options["body"], options["tag"]) == ("Stockcast: AAPL", "AAPL closed at 451.00 USD.", "n1")
    worker.evaluate(CLICK, options["data"])
    assert worker.evaluate("opened") == [f"{stack}/?ticker=AAPL"]
    assert len(client.get("/api/v1/channels").json()["channels"]) == 1


def test_a_mail_channel_has_an_address(client: httpx.Client, page: Page) -> None:
    page.get_by_role("button", name="New channel").click()
    dialog = page.get_by_role("dialog", name="New channel")
    dialog.get_by_label("Kind").select_option("mail")
    dialog.get_by_label("Your name for it").fill("Me")
    dialog.get_by_label("Mail address").fill("me@example.com")
    dialog.get_by_role("button", name="Save").click()
    open_part(page, "Channels")
    expect(entries(page, "Channels")).to_contain_text("Mail, me@example.com")
    page.get_by_role("button", name="Test Me").click()
    expect(page.locator("#alerts-news")).to_contain_text("has not reached Me: this server sends no mail")


def test_what_fired_is_listed(client: httpx.Client, unopened: Page) -> None:
    page = unopened
    event = {
        "id": "7d444840-9dc0-41d1-b245-5ffdce74fad2",
        "alert_id": "7d444840-9dc0-41d1-b245-5ffdce74fad3",
        "close_date": "2013-03-01",
        "fired_at": "2013-03-02T02:00:00Z",
        "sentence": "AAPL closed at 451.00 USD on Friday, above 450.00.",
        "facts": {},
    }
    answer_with(page, EVENTS, [(200, {"events": [event], "next": None})])
    page.goto("/")
    open_part(page, "What fired")
    expect(entries(page, "What fired")).to_have_text(
        worded("AAPL closed at 451.00 USD on Friday, above 450.00.1 Mar 2013")
    )
    assert client.get("/api/v1/alert-events").json()["events"] == []


def test_without_alerts_the_page_says_why_and_forecasts_work(
    client: httpx.Client, unopened: Page, finished: Answer
) -> None:
    page = unopened
    assert alerts_of(client) == []
    answer_with(page, ALERTS, [AWAY])
    page.goto("/")
    missing = page.locator("#alerts-missing")
    expect(missing).to_contain_text("Your alerts cannot be shown now. Accounts and lists cannot be read")
    expect(page.locator("#alerts-content")).to_be_hidden()
    answer_with(page, FORECASTS, [(200, finished)])
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    page.unroute(ALERTS)
    missing.get_by_role("button", name="Try again").click()
    expect(page.locator("#alerts-empty")).to_be_visible()
