"""Splits behind, and the next report ahead."""

from __future__ import annotations

from datetime import date, timedelta

from common.domain.companies.reports import ExpectedReport
from common.domain.companies.shares import Split
from common.insights.events import report_facts, split_facts
from common.insights.sentences import write_sentences
from tests.unit.common.insights.made_histories import LAST


def test_the_latest_split_up_to_the_last_close_is_a_fact_and_news_for_a_month():
    splits = (Split(date(2020, 8, 31), 4.0), Split(LAST - timedelta(days=3), 0.1), Split(LAST + timedelta(days=1), 2.0))
    facts = split_facts(splits, LAST, "tiingo")
    assert [(fact.id, fact.value) for fact in facts] == [("split", 0.1), ("split_age", 3)]
    assert [sentence.text for sentence in write_sentences(facts)] == [
        "The latest split gave 1 share for 10 on Tue 24 Nov 2026, 3 days before the last close."
    ]
    assert write_sentences(split_facts(splits[:1], LAST, "tiingo")) == []


def test_a_reverse_split_is_told_in_whole_shares():
    texts = [split_facts((Split(LAST, ratio),), LAST, "tiingo")[0].text for ratio in (0.3333333333, 1.5, 0.4)]
    assert [text.partition(" on ")[0] for text in texts] == [
        "1 share for 3",
        "1.5 shares for one",
        "0.4 shares for one",
    ]


def test_without_splits_the_reason_says_whether_the_source_states_any():
    assert [each.reason for each in split_facts((), LAST, "tiingo")] == [
        "The source of the prices states no split of this share."
    ]
    assert [each.reason for each in split_facts(None, LAST, "tiingo")] == [
        "The source of the prices states no splits. The prices are adjusted for them."
    ]


def test_a_near_report_is_told_as_an_estimate():
    near = ExpectedReport(first=LAST + timedelta(days=5), last=LAST + timedelta(days=15), years=3)
    far = ExpectedReport(first=LAST + timedelta(days=60), last=LAST + timedelta(days=70), years=1)
    assert [sentence.text for sentence in write_sentences(report_facts(near, LAST))] == [
        "The next report on results may come between Wed 2 Dec 2026 and Sat 12 Dec 2026, an estimate from the reports "
        "of the past 3 years."
    ]
    assert report_facts(far, LAST)[0].text.endswith("of the past year")
    assert write_sentences(report_facts(far, LAST)) == []
    assert report_facts(None, LAST)[0].reason.startswith("No reports of the company are known")
