"""The API's description as a page, in a real browser under its policy."""

from tests.e2e.conftest import SCREENSHOTS, WIDE, Troubles

WATCH = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
      violations.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
"""


def test_the_description_is_shown_and_can_be_tried_under_the_strict_policy(browser, stack):
    context = browser.new_context(viewport=WIDE, base_url=stack)
    page, troubles, elsewhere = context.new_page(), Troubles(), []
    page.set_default_timeout(100_000)
    page.on("console", troubles.hear)
    page.on("pageerror", lambda error: troubles.found.append(f"thrown: {error}"))
    page.on("request", lambda request: elsewhere.append(request.url) if not request.url.startswith(stack) else None)
    page.add_init_script(WATCH)
    policy = page.goto("/api/docs").headers["content-security-policy"]
    asked = page.locator("#operations-forecasts-forecasts_ask")
    asked.locator(".opblock-summary-control").click()
    asked.locator(".try-out__btn").click()
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "docs.png", full_page=True)
    asked.locator(".execute").click()
    asked.get_by_text('"predicted_price"').first.wait_for()
    assert asked.locator(".live-responses-table .response .response-col_status").inner_text().startswith("200")
    assert "unsafe" not in policy
    assert page.evaluate("violations") == []
    assert (troubles.found, elsewhere) == ([], [])
    context.close()
