"""Sentences on what is unusual about a stock after the close from which it is forecast."""

from __future__ import annotations

from common.domain.prices import PriceSeries
from common.insights.events import split_facts
from common.insights.history import History, UnusableHistory
from common.insights.insights import find_insights
from common.insights.values import LEAST_ROWS, MOST_YEARS

MOST_SENTENCES = 5
"""The most unusual ones. The insights of the page and the API have up to eight."""


def insight_sentences(series: PriceSeries) -> tuple[str, ...]:
    """Return the sentences, the most unusual first; none where the prices are too few, or such that none make sense.

    The sentiment is left out: it needs the evidence beside it, for which the page has room. The stock's earlier
    forecasts and the company's next report are too: workers read neither the track record nor facts about companies.
    """
    frame = series.take_last_years(MOST_YEARS).frame
    if len(frame) < LEAST_ROWS:
        return ()
    columns = {str(name): frame[name].to_numpy() for name in frame.columns}
    try:
        history = History.from_columns(series.ticker, series.source, series.currency, frame.index.to_numpy(), columns)
    except UnusableHistory:
        return ()
    found = find_insights(history, more=split_facts(series.splits, history.last_day, series.source))
    return tuple(sentence.text for sentence in found.sentences[:MOST_SENTENCES])
