"""Sentences from facts by templates: the same facts make the same sentences, and every digit is a fact's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from common.insights.comparison import rank_words
from common.insights.fact import Fact
from common.insights.values import Sentence

LEAST_SENTENCES, MOST_SENTENCES = 5, 8
UNUSUAL = 80.0
"""Facts from here on are written, up to the most sentences. Less unusual ones only fill up to the least number."""
LONG_RUN = 3
RECENT_CHANGE_DAYS = 30
RECENT_PAYOUT_DAYS = 14
NEAR_REPORT_DAYS = 21
_NEWS = 90.0
"""The rank of a rare fact that cannot be compared, as if it were a percentile."""
_CONTEXT = 0.0
Facts = Mapping[str, Fact]


@dataclass(frozen=True)
class _Topic:
    """A sentence that may be written.

    Args:
        facts: the ids of the facts that it needs.
        write: returns the text, or None where the facts are not worth a sentence.
        rate: returns how unusual the facts are.
        family: what it is about, as far as other sentences are about nearly the same.
    """

    facts: tuple[str, ...]
    write: Callable[..., str | None]
    rate: Callable[..., float]
    family: str = ""


def write_sentences(facts: Iterable[Fact]) -> list[Sentence]:
    """Return five to eight sentences, the most unusual first; fewer if the facts do not suffice.

    Of sentences about nearly the same, such as the moves of a week and of a month, the most unusual one comes. The
    others fill up to the least number.
    """
    by_id = {fact.id: fact for fact in facts}
    found = [(topic.family, sentence) for topic in _TOPICS if (sentence := _written(topic, by_id)) is not None]
    found.sort(key=lambda pair: -pair[1].unusual)  # stable: the order of the topics decides between equal ones
    families: set[str] = set()
    first: list[Sentence] = []
    others: list[Sentence] = []
    for family, sentence in found:
        (others if family in families else first).append(sentence)
        families |= {family} - {""}
    unusual = sum(sentence.unusual >= UNUSUAL for sentence in first)
    chosen = [*first, *others][: min(MOST_SENTENCES, max(LEAST_SENTENCES, unusual))]
    return sorted(chosen, key=lambda sentence: -sentence.unusual)


def _written(topic: _Topic, facts: Facts) -> Sentence | None:
    if not facts.keys() >= set(topic.facts):
        return None
    used = [facts[fact_id] for fact_id in topic.facts]
    text = topic.write(*used)
    return None if text is None else Sentence(text=text, facts=topic.facts, unusual=round(topic.rate(*used), 2))


def _two_sided(fact: Fact, *_: Fact) -> float:
    return 0.0 if fact.percentile is None else abs(2 * fact.percentile - 100)


def _of_second(_: Fact, fact: Fact) -> float:
    """Return the percentile itself: only large values are unusual."""
    return fact.percentile or 0.0


def _move(move: Fact, usual: Fact) -> str:
    if move.value == 0:
        return "The last close did not move."
    return f"The last close moved by {move.text}, {usual.text}, a move {rank_words(usual, 'larger', 'smaller')}."


def _over(window: str) -> Callable[[Fact], str]:
    def write(move: Fact) -> str:
        return f"Over the last {window}, the price changed by {move.text}, {rank_words(move)}."

    return write


def _gap(gap: Fact) -> str | None:
    if gap.value == 0:
        return None
    return f"The last day opened with a gap of {gap.text} from the close before, {rank_words(gap)}."


def _run(run: Fact) -> str | None:
    if not isinstance(run.value, float | int) or abs(run.value) < LONG_RUN:
        return None
    if run.value > 0:
        return f"The close has risen {run.text}, {rank_words(run, 'a longer rise', 'a shorter rise')}."
    return f"The close has fallen {run.text}, {rank_words(run, 'a shorter fall', 'a longer fall')}."


def _volatility(volatility: Fact) -> str:
    sizes = {-1: "small", 0: "of usual size", 1: "large"}
    percentile = 50.0 if volatility.percentile is None else volatility.percentile
    size = sizes[(percentile >= 80) - (percentile <= 20)]
    return f"The moves are {size} now: the volatility is {volatility.text}, {rank_words(volatility)}."


def _high(high: Fact) -> str:
    if high.value == 0:
        return f"The price is {high.text}."
    return f"The price is {high.text}, {rank_words(high, 'nearer to it', 'further below it')}."


def _low(low: Fact) -> str:
    if low.value == 0:
        return f"The price is {low.text}."
    return f"The price is {low.text}, {rank_words(low, 'further above it', 'nearer to it')}."


def _drawdown(drawdown: Fact, age: Fact) -> str | None:
    if not isinstance(age.value, int) or age.value <= 364:  # the 52-week high says the same
        return None
    return (
        f"The price is {drawdown.text}, that of {age.text}; it was "
        f"{rank_words(drawdown, 'nearer to such a high', 'further below such a high')}."
    )


def _trend(trend: Fact) -> str:
    return f"The mean close of the last ten weeks is {trend.text}, {rank_words(trend)}."


def _trend_change(trend: Fact, change: Fact) -> str | None:
    if not isinstance(change.value, int) or change.value > RECENT_CHANGE_DAYS:
        return None
    direction = "upwards" if isinstance(trend.value, float | int) and trend.value > 0 else "downwards"
    return f"The trend turned {direction} {change.text}: the mean of ten weeks crossed that of forty."


def _volume(volume: Fact) -> str:
    return f"The last close came with {volume.text}, {rank_words(volume)}."


def _season(season: Fact, years: Fact, chance: Fact) -> str:
    return (
        f"The price moved by {season.text} against the other months, the mean of {years.text}; without a season, "
        f"chance makes so large a difference in {chance.text} of cases."
    )


def _record(inside: Fact) -> str:
    return f"The record of its forecasts: {inside.text}."


def _band(band: Fact) -> str:
    return f"The close was {band.text}."


def _dividend(dividend: Fact, age: Fact) -> str:
    return f"The latest dividend was {dividend.text}, {age.text}."


def _split(split: Fact, age: Fact) -> str | None:
    if not isinstance(age.value, int) or age.value > RECENT_CHANGE_DAYS:
        return None
    return f"The latest split gave {split.text}, {age.text}."


def _report(report: Fact) -> str | None:
    if not isinstance(report.value, int) or report.value > NEAR_REPORT_DAYS:
        return None
    return f"The next report on results may come {report.text}."


def _recent_payout(_: Fact, age: Fact) -> float:
    return _NEWS if isinstance(age.value, int) and age.value <= RECENT_PAYOUT_DAYS else _CONTEXT


_TOPICS = (
    _Topic(("move_day", "move_day_usual"), _move, _of_second),
    _Topic(("gap",), _gap, _two_sided),
    _Topic(("run",), _run, _two_sided),
    _Topic(("move_week",), _over("week"), _two_sided, "move"),
    _Topic(("move_month",), _over("month"), _two_sided, "move"),
    _Topic(("move_year",), _over("year"), _two_sided, "move"),
    _Topic(("distance_high",), _high, _two_sided, "level"),
    _Topic(("distance_low",), _low, _two_sided, "level"),
    _Topic(("drawdown", "drawdown_age"), _drawdown, _two_sided, "level"),
    _Topic(("volatility",), _volatility, _two_sided),
    _Topic(("trend",), _trend, _two_sided, "trend"),
    _Topic(("trend", "trend_change"), _trend_change, lambda *_: _NEWS, "trend"),
    _Topic(("volume",), _volume, _two_sided),
    _Topic(("season", "season_years", "season_chance"), _season, lambda *_: _NEWS),
    _Topic(("band_broken",), _band, lambda *_: _NEWS),
    _Topic(("forecasts_inside",), _record, lambda *_: _CONTEXT),
    _Topic(("dividend", "dividend_age"), _dividend, _recent_payout),
    _Topic(("split", "split_age"), _split, lambda *_: _NEWS),
    _Topic(("report_ahead",), _report, lambda *_: _NEWS),
)
