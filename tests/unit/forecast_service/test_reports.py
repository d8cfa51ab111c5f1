"""Reports as HTML and PDF: their words, their accessibility, their size, and forecasts that failed."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid5

import numpy as np
import pandas as pd
import pytest

from common.domain.calibration import Calibration, LevelCalibration
from common.domain.companies.document import CompanyDocument, FiledReport
from common.domain.companies.shares import Split
from common.domain.errors import Busy, DeadlineExceeded, NotFound, ReportTooLarge, UnknownTicker
from common.domain.horizons import horizon_group
from common.domain.prices import COLUMNS, PriceSeries
from common.domain.progress import WorkProgress
from common.domain.reports import ReportQuestion
from common.domain.results import Forecast
from common.domain.stock_records import StockRecord
from forecast_service.calls import report
from forecast_service.calls.named_request import NamedRequest, Sources
from forecast_service.calls.output import CallOutput, PricesGone
from forecast_service.calls.task import Task
from forecast_service.reports.record import record_sentence
from tests.unit.forecast_service.example_forecasts import (
    FLAGS,
    flagged,
    forecast,
    without_backtest,
    without_distribution,
)
from tests.unit.forecast_service.tagged_pdf import TaggedPdf

MOST_BYTES_OF_ONE = 400_000
RISK = {
    "horizon_trading_days": 20,
    "value_at_risk_95_pct": 15.3,
    "expected_shortfall_95_pct": 20.4,
    "median_drawdown_pct": 7.9,
    "drawdown_95_pct": 18.7,
    "volatility_pct": 34.0,
    "volatility_percentile": 0.44,
}
REPORT_NOTE = (
    "The company may report between 20 March 2013 and 29 March 2013, before the target date, unless it has done so "
    "since 25 February 2013. This is an estimate from the past 3 years, not an announced date. Prices often move more "
    "on such a day, and the range is not widened for it."
)
CHANCES = {"above_last_close": 0.52, "gain_over_10_pct": 0.17, "loss_over_10_pct": 0.14}
FULL = forecast(risk=RISK, chances=CHANCES)
CALIBRATION = Calibration(
    forecasts=200,
    independent=40,
    crps_ratio=0.99,
    levels=tuple(LevelCalibration(percent=p, coverage=p / 100, low=p / 100 - 0.1, high=1) for p in (50, 80, 95)),
)


def named(number: int, made: Forecast | None, failure: Any = None) -> NamedRequest:
    ticker = made.ticker if made else "AAPLE"
    body = made.model_dump_json().encode() if made else b""
    return NamedRequest(str(uuid5(UUID(int=0), str(number))), ticker, body, failure)


def missing() -> Any:
    raise PricesGone("no prices are stored")


def stored_prices(version: str, splits: tuple[Split, ...] | None = None) -> Any:
    days = pd.bdate_range(end=FULL.as_of, periods=700, name="date")
    closes = 100 + 10 * np.sin(np.arange(700.0) / 40)
    frame = pd.DataFrame(dict.fromkeys(COLUMNS, closes), index=days)
    facts = SimpleNamespace(version=version)
    return SimpleNamespace(facts=facts, series=PriceSeries("AAPL", "sample", "USD", frame, splits=splits))


def made_of(
    requests: Sequence[NamedRequest],
    *,
    title: str | None = None,
    progress: list[WorkProgress] | None = None,
    stored: Any = None,
    company: CompanyDocument | None = None,
    records: Mapping[Any, StockRecord] | None = None,
) -> CallOutput:
    question = ReportQuestion(ticker="AAPL", forecasts=tuple(one.request_id for one in requests), title=title)
    reports: list[WorkProgress] = [] if progress is None else progress
    task: Task[Any] = Task(
        question,
        date(2013, 3, 4),
        prices=lambda _: stored or missing(),
        report=reports.append,
        sources=Sources(tuple(requests), CALIBRATION, records or {}),
        company=lambda _: company,
    )
    return report.compute(task)


def report_of(*forecasts: Forecast, **options: Any) -> CallOutput:
    return made_of([named(number, one) for number, one in enumerate(forecasts)], **options)


def html_of(output: CallOutput) -> str:
    return gzip.decompress(output.html_gzip).decode()


def text_of(html: str) -> str:
    """Return the visible words of a page, without those of its drawings."""
    without = re.sub(r"<(svg|style|title)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", without)).split())


@pytest.fixture(scope="module")
def single() -> CallOutput:
    return report_of(FULL)


def test_pdf_of_a_stock_has_two_pages_and_is_small(single):
    pdf = TaggedPdf(single.pdf)
    assert len(pdf.reader.pages) == json.loads(single.body)["pages"] == 2
    assert len(single.pdf) < MOST_BYTES_OF_ONE


def test_pdf_is_tagged_with_title_language_and_embedded_fonts(single):
    pdf = TaggedPdf(single.pdf)
    assert pdf.catalog["/MarkInfo"]["/Marked"]
    assert pdf.catalog["/Lang"] == "en"
    assert pdf.catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert pdf.reader.metadata.title == "Forecast of AAPL for Sun 31 Mar 2013"
    assert b"pdfuaid:part" in pdf.catalog["/Metadata"].get_data()
    assert all("/StructParents" in page for page in pdf.reader.pages)
    assert pdf.fonts_without_file() == []


def test_tags_of_a_pdf_name_headings_tables_lists_and_figures(single):
    tags = TaggedPdf(single.pdf).tags
    roles = [tag.role for tag in tags]
    headings = [role for role in roles if re.fullmatch(r"H[1-6]", role)]
    assert headings[0] == "H1"
    assert headings.count("H1") == 1
    assert set(headings) == {"H1", "H2"}
    assert {"Table", "THead", "TH", "TBody", "TD", "TR", "Caption", "L", "LI", "P"} <= set(roles)
    assert [tag.role for tag in tags if tag.alt] == ["Figure", "Figure"]
    assert all(tag.alt for tag in tags if tag.role == "Figure")


def test_alternative_text_states_what_the_figure_shows(single):
    prices, backtest = [tag.alt for tag in TaggedPdf(single.pdf).tags if tag.role == "Figure"]
    assert prices.startswith("Chart of AAPL: the close up to Fri 1 Mar 2013")
    assert "the 80 % interval from 81.74 USD to 121.95 USD" in prices
    assert prices.endswith("of 20 outcomes end below the last close.")
    assert "Of 20 scored forecasts, the 80 % interval held 15" in backtest


def test_equal_forecasts_have_equal_bytes(single):
    again = report_of(FULL)
    assert (again.pdf, again.html_gzip) == (single.pdf, single.html_gzip)


def test_page_needs_no_network_and_no_script(single):
    html = html_of(single)
    assert "<script" not in html
    assert not re.search(r"""(?:src|srcset|action|data)=["']|@import|url\((?!#)""", html)
    assert all(link.startswith("#") for link in re.findall(r'href="([^"]*)"', html))
    assert not re.search(r"\sstyle=|\son\w+=", html)


def test_policy_of_the_page_allows_its_style_sheet_alone(single):
    html = html_of(single)
    policy = unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1])
    styles = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_ids_of_a_page_are_unique_and_all_references_lead_somewhere():
    html = html_of(report_of(FULL, FULL, FULL))
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids)) > 20
    references = re.findall(r'(?:url\(#|href="#)([^")]+)', html)
    assert set(references) <= set(ids)


def test_both_forms_have_the_same_words(single):
    html, pdf = text_of(html_of(single)), " ".join(TaggedPdf(single.pdf).text.split())
    for words in (
        "AAPL: 101.21 USD predicted for Sun 31 Mar 2013",
        "With a probability of 80 %, it may end between 82.35 and 117.80 USD on 2013-03-31; a gain is 52 % likely.",
        "These are old sample prices that end on Fri 1 Mar 2013.",
        "Value at risk, 95 %",
        "A gain of more than 10 %",
        "Such forecasts in the past: the change within 20 trading days",
        "80 % ranges held 80 %",
        "The checks found nothing unusual in these prices.",
        "Not investment advice.",
    ):
        assert words in html, words
        assert words in pdf, words


def test_title_is_text_in_both_forms():
    title = 'Tech <b>&amp;</b> "x" #strong[y] $z$ \\ @ref'
    output = report_of(FULL, FULL, title=title)
    assert json.loads(output.body)["title"] == title
    assert TaggedPdf(output.pdf).reader.metadata.title == title
    assert title in text_of(html_of(output))
    assert title in " ".join(TaggedPdf(output.pdf).text.split())


def test_title_is_shown_without_control_characters():
    output = report_of(FULL, FULL, title="Tech\x00\x1b\nMarch")
    assert json.loads(output.body)["title"] == TaggedPdf(output.pdf).reader.metadata.title == "Tech March"
    assert json.loads(report_of(FULL, title=" \x07 ").body)["title"] == "Forecast of AAPL for Sun 31 Mar 2013"


def test_title_that_looks_like_a_page_is_not_counted():
    assert json.loads(report_of(FULL, title="/Type/Page /Type/Pages/Count 9").body)["pages"] == 2


def test_titles_in_other_scripts_are_kept():
    title = "Επετειακή Отчёт 報告 تقرير"
    output = report_of(FULL, title=title)
    assert TaggedPdf(output.pdf).reader.metadata.title == title
    assert f"<title>{title}</title>" in html_of(output)


def test_several_stocks_have_a_summary_that_links_to_their_pages_and_states_failures():
    requests = [
        named(0, FULL),
        named(1, None, UnknownTicker()),
        named(2, None, NotFound("It is gone.")),
        named(3, FULL),
    ]
    output = made_of(requests)
    html = html_of(output)
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>(.*?)</tr>", html)[:4]
    assert [re.sub(r"<[^>]*>", "", name) for name, _ in rows] == ["AAPL", "AAPLE", "AAPLE", "AAPL"]
    assert 'href="#stock-1"' in rows[0][0]
    assert 'href="#stock-4"' in rows[3][0]
    assert rows[1][1] == f'<td colspan="7">{UnknownTicker().detail}</td>'
    assert "This report has 2 of 4 forecasts. 2 could not be made" in text_of(html)
    assert UnknownTicker().detail in " ".join(TaggedPdf(output.pdf).text.split())
    assert json.loads(output.body)["pages"] == 5
    assert [one["code"] for one in json.loads(output.body)["forecasts"]] == [None, "unknown_ticker", "not_found", None]


def test_report_without_any_forecast_fails_for_the_reason_of_the_first():
    with pytest.raises(UnknownTicker) as one:
        made_of([named(0, None, UnknownTicker())])
    assert one.value.detail == UnknownTicker().detail
    with pytest.raises(DeadlineExceeded, match=r"^None of the 2 forecasts can be reported\. "):
        made_of([named(0, None, DeadlineExceeded()), named(1, None, UnknownTicker())])


def test_result_that_cannot_be_read_has_a_row_of_its_own():
    damaged = NamedRequest(str(UUID(int=5)), "MSFT", b'{"ticker": "MSFT"}')
    body = json.loads(made_of([named(0, FULL), damaged]).body)
    assert body["forecasts"][1]["code"] == "forecast_failed"


def test_report_that_is_too_large_fails(monkeypatch):
    monkeypatch.setattr(report, "MOST_BYTES", 50_000)
    with pytest.raises(ReportTooLarge):
        report_of(FULL)


def test_progress_names_each_stock_and_grows():
    progress = []
    report_of(FULL, FULL, FULL, progress=progress)
    fractions = [one.fraction for one in progress]
    assert fractions == sorted(fractions)
    assert [one.step for one in progress] == [*(f"AAPL, stock {n} of 3" for n in (1, 2, 3)), "Making the PDF"]


@pytest.mark.parametrize(
    "made",
    [
        forecast(scale=1e-6),
        forecast(scale=1e9, days=400, risk=RISK, chances=CHANCES),
        forecast(**without_backtest()),
        without_distribution(),
        flagged(),
        forecast(ticker="A" * 24, currency="XXX"),
        forecast(field="volume", unit="shares", yardstick=90.0, currency="XXX"),
        forecast(days=1, prophet=None),
        flagged(1, "too_narrow", risk=RISK, chances=CHANCES, report_note=REPORT_NOTE),
    ],
    ids=["penny", "large", "no backtest", "older version", "flags", "long ticker", "volume", "one day", "report ahead"],
)
def test_unusual_forecasts_have_two_pages_with_all_sections(made):
    output = report_of(made, stored=stored_prices(made.data.version))
    pdf = TaggedPdf(output.pdf)
    assert len(pdf.reader.pages) == 2
    assert len(output.pdf) < MOST_BYTES_OF_ONE
    for words in (*made.data.flags, "Key figures", "Data and checks", "How to read this report"):
        assert words in " ".join(pdf.text.split())
        assert words in text_of(html_of(output))


def test_report_of_the_company_before_the_target_date_is_said():
    made = forecast(
        risk=RISK, chances=CHANCES, report_note=REPORT_NOTE, events=[{"date": date(2013, 1, 22), "kind": "report"}]
    )
    output = report_of(made)
    html, pdf = text_of(html_of(output)), TaggedPdf(output.pdf)
    assert REPORT_NOTE in html
    assert REPORT_NOTE in " ".join(pdf.text.split())
    assert "Marked below the prices: 1 report." in html
    assert "Marked below the prices: 1 report." in next(tag.alt for tag in pdf.tags if tag.role == "Figure")


def test_report_of_the_company_after_the_target_date_is_said_as_well():
    days = [date(2013, 2, 28) - timedelta(weeks=13 * place) for place in range(12)]
    reports = tuple(FiledReport(kind="results", form="8-K", filed=day, accession=str(day)) for day in days)
    company = CompanyDocument(ticker="AAPL", fetched_at=FULL.data.fetched_at, cik=1, name="A", reports=reports)
    made = FULL.model_copy(update={"data": FULL.data.model_copy(update={"stale": False, "source": "yahoo"})})
    words = "after the target date. This is an estimate from the past"
    assert words in text_of(html_of(report_of(made, company=company)))
    assert words not in text_of(html_of(report_of(made)))


def test_record_of_the_stock_stands_before_that_of_all_stocks():
    records = {
        ("AAPL", horizon_group(FULL.days)): StockRecord(forecasts=34, inside_80=27),
        ("IBM", horizon_group(30)): StockRecord(forecasts=9, inside_80=9),
    }
    text = text_of(html_of(report_of(FULL, records=records))).replace("\N{NO-BREAK SPACE}", " ")
    assert "that came due, the 80 % range held 27 (79 %). Of the latest 200 published forecasts of all stocks" in text
    other = FULL.model_copy(update={"history_days": 500})
    assert "that came due" not in text_of(html_of(report_of(other, records=records)))


@pytest.mark.parametrize(
    ("title", "shown"),
    [("Акции, Ελλάδα, صندوق", True), ("Übersicht – März", True), ("株式の予測", False), ("Tech \N{ROCKET}", False)],
)
def test_title_that_the_fonts_of_the_pdf_lack_gives_way_to_the_tickers(title, shown):
    output = report_of(FULL, FULL, title=title)
    pdf = TaggedPdf(output.pdf)
    assert ("Forecasts of AAPL, AAPL" in pdf.text) is not shown
    assert pdf.reader.metadata.title == title
    assert f"<h1>{title}</h1>" in html_of(output)


def test_insights_are_left_out_while_the_prices_cannot_be_read():
    def unreachable(_: str) -> Any:
        raise Busy

    request = named(0, FULL)
    question = ReportQuestion(ticker="AAPL", forecasts=(request.request_id,))
    task: Task[Any] = Task(
        question, FULL.as_of, prices=unreachable, report=lambda _: None, sources=Sources((request,), CALIBRATION)
    )
    assert json.loads(report.compute(task).body)["pages"] == 2


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "No published forecast has reached its target date lately"),
        (1, "Only 1 published forecast has reached its target date lately: too few to show"),
        (7, "Only 7 published forecasts have reached their target date lately: too few to show"),
    ],
)
def test_record_without_enough_forecasts_is_described(count, words):
    few = Calibration(forecasts=count, independent=0, crps_ratio=None, levels=())
    assert record_sentence(few, FULL).startswith(words)
    assert record_sentence(None, FULL).startswith("No published forecast has")


def test_report_states_what_is_unusual_on_the_day_of_its_prices_alone():
    current = text_of(html_of(report_of(FULL, stored=stored_prices(FULL.data.version))))
    later = text_of(html_of(report_of(FULL, stored=stored_prices("f" * 64))))
    heading = "AAPL: unusual on Fri 1 Mar 2013"
    assert heading in current
    assert heading not in later
    assert "the highest" in current or "usual" in current.split(heading)[1]


def test_report_states_a_recent_split():
    stored = stored_prices(FULL.data.version, (Split(FULL.as_of - timedelta(days=4), 4.0),))
    text = text_of(html_of(report_of(FULL, stored=stored)))
    assert "The latest split gave 4 shares for one on Mon 25 Feb 2013, 4 days before the last close." in text


def test_all_flags_of_the_data_are_listed():
    html = text_of(html_of(report_of(flagged())))
    assert all(flag in html for flag in FLAGS)
    assert "The checks found nothing unusual" not in html
