"""The API's description as a page, in a real browser under its policy."""

from tests.e2e.conftest import NARROW, OF_A_LOOK, WIDE, PageErrors, keep_picture, violations

WATCH = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
      violations.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
"""


def test_description_works_under_the_strict_policy(browser, stack):
    context = browser.new_context(viewport=WIDE, base_url=stack)
    page, errors, foreign_requests = context.new_page(), PageErrors(), []
    page.set_default_timeout(100_000)
    page.on("console", errors.record)
    page.on("pageerror", lambda error: errors.found.append(f"thrown: {error}"))
    page.on(
        "request", lambda request: foreign_requests.append(request.url) if not request.url.startswith(stack) else None
    )
    page.add_init_script(WATCH)
    policy = page.goto("/api/docs").headers["content-security-policy"]
    asked = page.locator("#operations-forecasts-forecasts_ask")
    asked.locator(".opblock-summary-control").click()
    asked.locator(".try-out__btn").click()
    keep_picture(page, "docs")
    asked.locator(".execute").click()
    asked.get_by_text('"predicted_price"').first.wait_for()
    assert asked.locator(".live-responses-table .response .response-col_status").inner_text().startswith("200")
    assert "unsafe" not in policy
    assert page.evaluate("violations") == []
    assert (errors.found, foreign_requests) == ([], [])
    context.close()


def test_description_fits_a_phone_and_is_accessible_closed_and_open_in_both_colour_schemes(browser, stack):
    context = browser.new_context(viewport=NARROW, base_url=stack, color_scheme="light", reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(100_000)
    page.goto("/api/docs")
    page.locator("section.models").wait_for()
    page.locator("#operations-forecasts-forecasts_ask .opblock-summary-control").click()
    page.locator("#operations-forecasts-forecasts_ask .responses-table").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert violations(page, OF_A_LOOK) == []
    page.set_viewport_size(WIDE)
    for operation in ("prices-prices_read", "tickers-tickers_remove"):
        opened = page.locator(f"#operations-{operation}")
        opened.locator(".opblock-summary-control").click()
        opened.locator(".opblock-body").wait_for()
    page.locator("#operations-forecasts-forecasts_ask .try-out__btn").click()
    page.locator(".models-control").click()
    for scheme, rules in (("dark", ("color-contrast",)), ("light", ())):
        page.emulate_media(color_scheme=scheme)
        # Buttons change their colours in a fifth of a second.
        page.evaluate("Promise.allSettled(document.getAnimations().map(({finished}) => finished)).then(() => null)")
        keep_picture(page, f"docs-{scheme}")
        assert violations(page, rules) == []
        brightness = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (sum(brightness[:3]) > 600) == (scheme == "light")
    context.close()
