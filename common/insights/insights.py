"""Everything that the prices and the record say about a stock: facts, what is left out, sentences and sentiment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from common.insights.comparison import Finding
from common.insights.fact import Fact
from common.insights.history import History
from common.insights.levels import level_facts
from common.insights.moves import move_facts
from common.insights.past_forecasts import DueForecast, past_forecast_facts
from common.insights.payouts import payout_facts
from common.insights.season import season_facts
from common.insights.sentences import write_sentences
from common.insights.sentiment import find_sentiment
from common.insights.values import LeftOut, Sentence, Sentiment


@dataclass(frozen=True)
class Insights:
    """What is unusual about a stock after its newest close.

    Args:
        facts: the facts, by their kinds.
        left_out: facts that the data do not allow.
        sentences: five to eight sentences, the most unusual first; fewer if the facts do not suffice.
        sentiment: the sentiment; None if the history is too short for it.
    """

    facts: tuple[Fact, ...]
    left_out: tuple[LeftOut, ...]
    sentences: tuple[Sentence, ...]
    sentiment: Sentiment | None


def find_insights(history: History, due: Sequence[DueForecast] | None = None, more: Sequence[Finding] = ()) -> Insights:
    """Return the insights after the newest close of a history, from nothing later.

    Args:
        history: the prices.
        due: the recorded forecasts of the stock that came due; None if the record cannot be read.
        more: facts of other sources, as of :mod:`common.insights.events`.
    """
    findings = [*_from_prices(history), *past_forecast_facts(due, history.last_day), *more]
    facts = tuple(finding for finding in findings if isinstance(finding, Fact))
    left_out = tuple(finding for finding in findings if isinstance(finding, LeftOut))
    return Insights(facts, left_out, tuple(write_sentences(facts)), find_sentiment(history))


def _from_prices(history: History) -> list[Finding]:
    return [*move_facts(history), *level_facts(history), *season_facts(history), *payout_facts(history)]
