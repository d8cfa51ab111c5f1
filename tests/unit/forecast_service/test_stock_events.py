"""The dividends, splits and reports of a forecast's answer."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest

from common.domain.companies.document import CompanyDocument, FiledReport
from common.domain.companies.shares import Split
from common.domain.questions import ForecastQuestion
from common.domain.results import Forecast
from forecast_service.calls.stock_events import add_events, describe_next_report
from forecast_service.charts.chart import compose
from forecast_service.charts.wording import description, event_labels
from forecast_service.engine.forecast import make_forecast
from ingestion_service.providers.sample import parse, read_table

TODAY = date(2013, 3, 2)


@pytest.fixture(scope="module")
def series():
    return dataclasses.replace(parse("IBM", read_table("IBM")), splits=(Split(date(2012, 3, 5), 2.0),))


@pytest.fixture(scope="module")
def forecast(series):
    question = ForecastQuestion(ticker="IBM", days=60)
    made = datetime(2013, 3, 2, tzinfo=UTC)
    return make_forecast(series, question, today=TODAY, fetched_at=made, version="a" * 64)


def company(last=date(2013, 1, 22)):
    days = [last - timedelta(weeks=13 * place) for place in range(12)]
    reports = tuple(FiledReport(kind="results", form="8-K", filed=day, accession=str(day)) for day in days)
    return CompanyDocument(ticker="IBM", fetched_at=datetime(2013, 3, 2, tzinfo=UTC), cik=1, name="A", reports=reports)


def test_the_events_of_the_shown_past_are_in_the_answer(series, forecast):
    done = add_events(forecast, series, company(), TODAY)
    counts = {kind: sum(event.kind == kind for event in done.events) for kind in ("dividend", "split", "report")}
    assert counts == {"dividend": 8, "split": 1, "report": 8}
    assert [event.date for event in done.events] == sorted(event.date for event in done.events)
    assert all(forecast.series[0].date <= event.date <= forecast.as_of for event in done.events)
    assert "Marked below the prices: 8 dividends, 1 split, 8 reports." in description(done)
    words = [line.text for line in compose(done)[1]]
    assert {"Dividend", "Split", "Report"} < set(words)


def test_a_report_in_the_time_of_the_forecast_is_said_and_the_range_stays(series, forecast):
    done = add_events(forecast, series, company(), TODAY)
    assert done.expected_report.first <= date(2013, 4, 23) <= done.expected_report.last
    assert "an estimate" in done.report_note
    assert done.report_note in description(done)
    assert (done.interval, done.forecast) == (forecast.interval, forecast.forecast)


def test_a_report_after_the_target_date_is_not_said(series, forecast):
    done = add_events(forecast, series, company(last=date(2013, 2, 28)), TODAY)
    assert (done.expected_report, done.report_note) == (None, None)


def test_a_report_after_the_target_date_is_described_for_documents(forecast):
    text = describe_next_report(forecast, company(last=date(2013, 2, 28)), TODAY)
    assert text is not None
    assert "after the target date" in text
    assert describe_next_report(forecast, None, TODAY) is None
    assert describe_next_report(forecast, company(last=date(2012, 11, 20)), TODAY) is None, "the window is over"
    uploaded = forecast.model_copy(update={"data": forecast.data.model_copy(update={"source": "upload"})})
    assert describe_next_report(uploaded, company(), TODAY) is None


def test_without_facts_there_are_no_reports(series, forecast):
    unknown = dataclasses.replace(series, splits=None, flags=("no dividends in adj_close",))
    done = add_events(forecast, unknown, None, TODAY)
    assert (done.events, done.expected_report, event_labels(done)) == ([], None, {})


def test_uploaded_prices_have_no_reports_of_the_company_with_their_ticker(series, forecast):
    done = add_events(forecast, dataclasses.replace(series, source="upload"), company(), TODAY)
    assert (done.expected_report, done.report_note) == (None, None)
    assert all(event.kind != "report" for event in done.events)


def test_old_prices_are_not_told_of_a_report_of_today(series, forecast):
    stale = forecast.model_copy(update={"data": forecast.data.model_copy(update={"stale": True})})
    assert add_events(stale, series, company(), TODAY).expected_report is None


def test_an_answer_of_an_earlier_version_has_no_events(forecast):
    older = forecast.model_dump(mode="json", exclude={"events", "expected_report", "report_note"})
    assert Forecast.model_validate(older).events == []
