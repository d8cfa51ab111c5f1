"""The market's board as the page's first view: of the sample, and of a made-up market of 8000 stocks."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import boto3
import httpx
import pyarrow as pa
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from common.s3.market_objects import BOARD, MarketDay
from forecast_service.market.dataset.schema import board_schema, board_table, to_parquet
from test_support.paths import ROOT
from test_support.stacks.run_app import UNLIMITED, RunningStack, running_stack
from test_support.stores.boards import DAY, HORIZONS, random_rows, row_of
from test_support.waiting import until
from tests.e2e.conftest import OF_A_LOOK, PATIENT, WIDE, Lists, fit, keep_picture, violations, watched_page
from tests.e2e.test_page import ask, expect_answer, worded

MOVERS = re.compile(r"/api/v1/market/movers")
PHONE: Any = {"width": 375, "height": 812}
STOCKS = 8000
SECTORS = ["Energy", "Financials", "Health care", "Industrials", "Materials", "Technology", "Utilities"]
SAMPLE = ("AAPL", "FB", "GOOG", "IBM", "MSFT")
NEXT_DAY = DAY + timedelta(days=3)
TOO_WIDE = """
    [...document.querySelectorAll("#market :is(.market-block, #market-presets, #market-table)")]
        .filter((part) => part.scrollWidth > part.clientWidth).map((part) => part.textContent)
"""
"""The parts of the board that are wider than their places."""
SPECIAL = [
    row_of("AAPL", usual_moves=9.5, change_pct=-12.5, day_range_broken="below", day_range_lower=108.0),
    row_of("IBM", usual_moves=8.25, change_pct=9.0, day_range_broken="above"),
    row_of(
        "MSFT",
        usual_moves=0.1,
        change_pct=0.2,
        volatility_percentile=100.0,
        record_forecasts=41,
        record_coverage_80=0.78,
    ),
    {"ticker": "BADONE", "code": "too_little_data", "detail": "There are 3 prices.", "as_of": DAY, "stale": False},
    row_of("OLDONE", stale=True, as_of=DAY - timedelta(days=40), usual_moves=12.0),
]


def board_of(day: date, rows: list[dict[str, Any]], sectors: list[str | None]) -> bytes:
    """Return the file of a board with a column of sectors, which repeat themselves."""
    table = board_table(rows, board_schema(HORIZONS, day))
    sectors = [sectors[number % len(sectors)] for number in range(len(rows))]
    return to_parquet(table.append_column("sector", pa.array(sectors, pa.string())))


def store(stack: RunningStack, day: date, rows: list[dict[str, Any]], sectors: list[str | None]) -> None:
    """Store a board."""
    settings = stack.environment
    client = boto3.client(
        "s3",
        endpoint_url=settings["AWS_ENDPOINT_URL_S3"],
        region_name="us-east-1",
        aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
    )
    MarketDay(client, "stockcast", day).put(BOARD, board_of(day, rows, sectors))
    client.close()


def wait_for_board(stack: RunningStack) -> None:
    """Wait until each process of the web server has a board.

    The answer of one process does not show that another one, which answers the page, has a board too: a process without
    one looks for it when it is asked, and at most every two seconds.
    """
    wanted = len(stack.processes()["web"])
    until(lambda: read_movers(stack.url).is_success and boards_read(stack) >= wanted)


def boards_read(stack: RunningStack) -> int:
    """Return how many boards the processes of the web server have read."""
    logs = "".join(log.read_text() for log in stack.logs.glob("web.log*"))
    return len(re.findall(r"the board of \S+ has \d+ stocks", logs))


def read_movers(url: str) -> httpx.Response:
    return httpx.get(f"{url}/api/v1/market/movers", trust_env=False, timeout=60)


@pytest.fixture(scope="module")
def empty() -> Iterator[RunningStack]:
    """A stack without a board, as long as no test stores one."""
    with running_stack({"PROVIDERS": "sample"} | PATIENT | UNLIMITED) as running:
        yield running


@pytest.fixture(scope="module")
def none_yet(empty: RunningStack) -> httpx.Response:
    """The answer of a server that has no board."""
    return read_movers(empty.url)


@pytest.fixture(scope="module")
def large(empty: RunningStack, none_yet: httpx.Response) -> RunningStack:
    """A stack with the board of a made-up market."""
    assert none_yet.status_code == 404
    store(empty, DAY, [*SPECIAL, *random_rows(STOCKS - len(SPECIAL))], [*SECTORS])
    wait_for_board(empty)
    return empty


@pytest.fixture
def market(browser: Browser, large: RunningStack) -> Iterator[Page]:
    """The page with the made-up market."""
    with watched_page(browser, large.url) as opened:
        opened.goto("/")
        expect(opened.locator("#market-title")).to_have_text(worded("Closes of 27 Nov 2026"))
        yield opened


@pytest.fixture
def table(market: Page) -> Page:
    """The page with the table of all stocks."""
    market.locator("#market-all-title").click()
    expect_rows(market, 25)
    return market


def rows(page: Page) -> Locator:
    return page.locator("#market-table tbody tr")


def expect_rows(page: Page, count: int) -> None:
    expect(rows(page)).to_have_count(count)


def block(page: Page, heading: str) -> Locator:
    return page.locator(".market-block", has=page.get_by_role("heading", name=heading, exact=True))


def count_of(page: Page) -> Locator:
    return page.locator("#market-count")


def first_ticker(page: Page) -> Locator:
    return rows(page).first.locator("th a")


def refuse_movers(page: Page, status: int, body: str) -> None:
    kind = "application/problem+json"
    page.route(MOVERS, lambda route: route.fulfill(status=status, content_type=kind, body=body))


def look(page: Page, name: str) -> None:
    """Keep pictures in both sizes and colours; axe finds nothing, and the page does not scroll sideways."""
    for size in (WIDE, PHONE):
        fit(page, size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        for scheme, rules in (("light", ()), ("dark", OF_A_LOOK)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            keep_picture(page, f"{name}-{size['width']}-{scheme}")
            assert violations(page, rules) == [], f"{name}, {size['width']}, {scheme}"


def test_without_a_board_a_sentence_says_how_to_make_it(unopened: Page, none_yet: httpx.Response) -> None:
    page = unopened
    assert none_yet.json()["code"] == "no_market_board"
    refuse_movers(page, 404, none_yet.text)
    page.goto("/")
    expect(page.locator("#market-missing")).to_contain_text("./run_app.sh market")
    expect(page.locator("#market").get_by_role("button")).to_have_count(0)
    expect(page.locator("#market-fold")).to_be_hidden()
    expect(page.locator("#welcome")).to_be_visible()
    look(page, "market-none")


def test_a_failure_takes_nothing_else_away_and_can_be_tried_again(unopened: Page) -> None:
    page = unopened
    refuse_movers(page, 503, '{"code": "busy", "detail": "The service is busy."}')
    page.goto("/")
    missing = page.locator("#market-missing")
    expect(missing).to_contain_text("The board of the market cannot be shown now. The service is busy.")
    expect(page.locator("#watchlist")).to_be_visible()
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    answers = iter([404])
    page.unroute(MOVERS)
    page.route(MOVERS, lambda route: route.abort() if next(answers, 0) else route.fallback())
    page.reload()
    expect(missing).to_contain_text("The server cannot be reached.")
    missing.get_by_role("button", name="Try again").click()
    expect(missing.filter(visible=True, has_text="cannot be reached")).to_have_count(0)


def test_a_script_that_cannot_be_loaded_takes_nothing_else_away(unopened: Page) -> None:
    page = unopened
    page.route("**/static/market/panel.html", lambda route: route.abort("internetdisconnected"))
    page.goto("/")
    section = page.locator("#market")
    expect(section).to_contain_text("The board of the market could not be loaded.")
    expect(page.locator("#watchlist")).to_be_visible()
    page.unroute("**/static/market/panel.html")
    section.get_by_role("button", name="Try again").click()
    expect(page.locator("#market-missing, #market-fold").first).to_be_attached()


def test_the_sample_says_that_it_is_the_sample(sample_stack: RunningStack, blank: Page, lists: Lists) -> None:
    for ticker in SAMPLE:
        httpx.put(f"{sample_stack.url}/api/v1/tickers/{ticker}", timeout=250).raise_for_status()
    environment = os.environ | {"PORT": str(sample_stack.port)}
    # The stack may have a board of another test, with other horizons.
    command = [str(ROOT / "run_app.sh"), "market", "--anew"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    wait_for_board(sample_stack)
    lists.add("IBM")
    page = blank
    page.goto("/")
    expect(page.locator("#market-words")).to_contain_text(
        worded(r"^These are the \w+ stocks of the bundled sample, up to")
    )
    expect(block(page, "What moved").get_by_role("row")).to_have_count(len(SAMPLE) + 1)
    expect(block(page, "Nervous and calm").get_by_role("table")).to_have_count(1)
    expect(block(page, "Your list").locator("a")).to_have_text("IBM")
    assert page.evaluate("watched.shift") == 0, "the board moved what was shown"
    page.locator("#market-all-title").click()
    expect_rows(page, len(SAMPLE))
    look(page, "market-sample")
    for width in (320, 360):
        fit(page, {"width": width, "height": 800})
        assert page.evaluate(TOO_WIDE) == [], f"at {width} pixels"


def test_what_stands_out_is_shown_first(market: Page) -> None:
    moved = block(market, "What moved")
    expect(moved.get_by_role("row")).to_have_count(11)
    expect(moved.get_by_role("row").nth(1)).to_have_text(re.compile(r"^IBM.*\+8\.3\s*\+9\.0\s%$"))
    expect(moved.get_by_role("row").last).to_have_text(re.compile(r"^AAPL.*−9\.5\s*−12\.5\s%$"))
    expect(moved).to_contain_text("usual move is as large as")
    broken = block(market, "Closed outside their ranges")
    expect(broken).to_contain_text(
        worded(r"\d+ stocks closed outside their ranges on 27 Nov 2026; about 400 would by chance")
    )
    expect(broken.get_by_role("row").nth(1)).to_contain_text(worded(r"\$100\.00, below\s*\$108\.00 to \$"))
    expect(block(market, "Nervous and calm").get_by_role("table", name="Nervous")).to_contain_text("MSFT")
    expect(block(market, "Ranges ahead")).to_contain_text(
        worded("The range holds the close on 18 Dec 2026, 21 trading days ahead")
    )
    expect(market.locator("#market-overview")).not_to_contain_text("OLDONE")


def test_the_heat_map_has_a_number_in_each_tile(market: Page) -> None:
    sectors = market.locator("#market-tiles .sector")
    expect(sectors).to_have_count(len(SECTORS))
    expect(sectors.locator("h4")).to_have_text(SECTORS)
    expect(sectors.first.locator(".tile")).to_have_count(12)
    figures = market.locator("#market-tiles .tile strong").all_inner_texts()
    assert all(re.fullmatch(r"0\.0|[+−]\d+\.\d", figure) for figure in figures), figures
    tile = sectors.first.get_by_role("link", name="AAPL")
    expect(tile).to_have_class("tile fall-3")
    tile.click()
    expect(market.get_by_label("Ticker or company")).to_have_value("AAPL")
    expect_answer(market, "AAPL")


def test_the_table_is_sorted_by_its_heads_with_the_keyboard(table: Page) -> None:
    page = table
    heads = page.locator("#market-table")
    expect(heads.get_by_role("columnheader", name="Usual moves")).to_have_attribute("aria-sort", "descending")
    expect(first_ticker(page)).to_have_text("AAPL")
    page.get_by_role("button", name="Without old prices").click()
    expect(first_ticker(page)).to_have_text("OLDONE")
    expect(rows(page).first.locator(".old")).to_have_text(worded("old: 18 Oct 2026"))
    sorter = page.get_by_role("button", name="Volatility percentile", exact=True)
    sorter.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Volatility percentile")).to_have_attribute("aria-sort", "descending")
    expect(page.locator("th[aria-sort]")).to_have_count(1)
    expect(sorter).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Volatility percentile")).to_have_attribute("aria-sort", "ascending")
    for name in ("Stock", "Sector", "Last close", "Change", "Range of 80 %", "Chance of a rise", "Track record"):
        heads.get_by_role("columnheader", name=name).get_by_role("button").click()
        expect(heads.get_by_role("columnheader", name=name)).to_have_attribute("aria-sort", re.compile("ending"))
        expect_rows(page, 25)
    expect(first_ticker(page)).to_have_text("MSFT")
    expect(rows(page).first).to_contain_text(worded("78 % in range"))


def test_the_table_is_filtered_and_its_csv_with_it(table: Page, large: RunningStack) -> None:
    page = table
    expect(count_of(page)).to_have_text(worded("7999 stocks match, of 8000. 25 shown."))
    find = page.get_by_label("Find a stock")
    find.fill("apple")
    expect(count_of(page)).to_contain_text("1 stock matches, of 8000")
    expect(first_ticker(page)).to_have_text("AAPL")
    find.fill("badone")
    expect(rows(page).first).to_contain_text("No forecast: There are 3 prices.")
    find.fill("no such stock")
    expect(count_of(page)).to_have_text("No stock matches. Remove a filter.")
    find.fill("")
    expect_rows(page, 25)
    filters = page.get_by_role("group", name="Filters")
    filters.get_by_role("button", name="Volatility percentile above 90").click()
    page.get_by_label("Sector", exact=True).select_option("Energy")
    expect(count_of(page)).to_contain_text(re.compile(r"^1\d\d\sstocks match"))
    matching = int(re.findall(r"\d+", count_of(page).inner_text())[0])
    address = page.get_by_role("link", name="These stocks as CSV").get_attribute("href")
    answer = httpx.get(f"{large.url}/{address}", trust_env=False, timeout=60)
    assert answer.headers["content-type"].startswith("text/csv")
    assert len(answer.text.strip().splitlines()) == matching + 1
    filters.get_by_role("button", name="Volatility percentile below 10").click()
    expect(filters.locator("[aria-pressed=true]")).to_have_text(
        ["Volatility percentile below 10", "Without old prices"]
    )


def test_more_rows_are_shown_below(table: Page) -> None:
    page = table
    more = page.get_by_role("button", name="Show more")
    more.click()
    expect_rows(page, 50)
    expect(count_of(page)).to_have_text(worded("7999 stocks match, of 8000. 50 shown."))
    tickers = page.locator("#market-table th a").all_inner_texts()
    assert len(set(tickers)) == 50
    page.get_by_label("Find a stock").fill("s0000")
    expect_rows(page, 10)
    expect(more).to_be_hidden()


def test_the_board_looks_right_in_both_sizes_and_colours(table: Page) -> None:
    look(table, "market")
    expect(table.get_by_label("Order")).to_be_visible()
    table.get_by_label("Order").select_option("Stock, A to Z")
    expect(first_ticker(table)).to_have_text("AAPL")


def test_the_board_is_folded_below_an_answer_and_keeps_its_state(table: Page) -> None:
    page = table
    page.get_by_label("Find a stock").fill("s0123")
    expect_rows(page, 10)
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    fold = page.locator("#market-fold")
    expect(fold).not_to_have_attribute("open", "")
    assert page.evaluate(
        "document.getElementById('answer').compareDocumentPosition(document.getElementById('market')) & 4"
    )
    page.locator("#market-title").click()
    expect_rows(page, 10)
    page.goto("/?ticker=IBM&days=30")
    expect_answer(page, "IBM")
    expect(fold).to_have_attribute("open", "")
    expect(page.get_by_label("Find a stock")).to_have_value("s0123")
    expect_rows(page, 10)


def test_a_newer_board_is_shown_when_the_page_is_looked_at_again(market: Page, large: RunningStack) -> None:
    page = market
    page.evaluate("window.stays = true")

    def look_again() -> int:
        with page.expect_response(MOVERS) as movers:
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        return movers.value.status

    assert look_again() == 304
    older = read_movers(large.url).json()
    rows = [row | {"as_of": NEXT_DAY} for row in (row_of("S99999"), *random_rows(40))]
    store(large, NEXT_DAY, rows, [None])
    until(lambda: look_again() == 200)  # each of the web server's processes reads the new board for itself
    expect(page.locator("#market-title")).to_have_text(worded("Closes of 30 Nov 2026"))
    expect(page.locator("#market-words")).to_contain_text("41")
    expect(page.locator("#market-sectors")).to_be_hidden()
    page.route(MOVERS, lambda route: route.fulfill(json=older))
    assert look_again() == 200
    page.evaluate("fetch('/livez').then((answer) => answer.text())")  # what came before it has been read by now
    expect(page.locator("#market-title")).to_have_text(worded("Closes of 30 Nov 2026"))
    assert page.evaluate("window.stays")
