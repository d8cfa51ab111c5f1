"""The sentiment of a stock by a simple rule, and whether the rule would have foretold anything about this stock.

The rule adds four votes of -1, 0 or 1:

- the last close: it moved by at least two usual moves,
- the month: the price moved by more than a usual move of a month,
- the trend: the mean close of ten weeks is above or below that of forty weeks,
- the year: the close is in the highest or the lowest fifth of the range of its last 52 weeks.

A sum of 2 or more is positive, one of -2 or less negative, and all else neutral.

The evidence compares the returns over the month after days of a sentiment with those after all other days. These months
overlap, and the sentiment lasts for weeks, so that the days are few independent cases. The standard error therefore is
the spread of the same difference where the returns are shifted in time against the sentiment: a shift keeps the
persistence of both and breaks every relation between them.
"""

from __future__ import annotations

import numpy as np

from common.insights.history import MONTH, YEAR, Floats, History
from common.insights.levels import extreme_positions, trend_gaps
from common.insights.moves import last_move_ratios
from common.insights.values import SIGNIFICANT, Evidence, Mood, Sentiment, Vote

MOODS: dict[int, Mood] = {1: "positive", 0: "neutral", -1: "negative"}
LARGE_MOVE = 2.0
"""The size of a close's move that votes, in usual moves."""
OUTER = 0.2
"""The part of the range of 52 weeks at each end that votes."""
LEAST_SUM = 2
LEAST_DAYS = 42
"""With fewer days of a sentiment, or without it, what followed is not compared."""
_VOTES = (("move_day_usual", "the last close"), ("move_month", "the last month"), ("trend", "the trend"),
          ("distance_high", "the range of 52 weeks"))  # fmt: skip


def find_sentiment(history: History) -> Sentiment | None:
    """Return the sentiment after the newest close; None if the history is too short for the rule."""
    votes = _votes(history)
    if not np.isfinite(votes[:, -1]).all():
        return None
    moods = _moods(votes)
    mood = int(moods[-1])
    evidence = evidence_of(history, moods, mood)
    return Sentiment(
        mood=MOODS[mood],
        votes=tuple(
            Vote(fact=fact, vote=int(vote))  # type: ignore[arg-type]
            for (fact, _), vote in zip(_VOTES, votes[:, -1], strict=True)
        ),
        evidence=evidence,
        predictive=evidence is not None and mood * evidence.difference_pct > SIGNIFICANT * evidence.standard_error_pct,
        caveat=_caveat(MOODS[mood], mood, evidence),
    )


def moods_of(history: History) -> Floats:
    """Return the sentiment after each close, from prices up to it: 1, 0 or -1; NaN where the rule lacks a vote."""
    return _moods(_votes(history))


def _votes(history: History) -> Floats:
    """Return the four votes after each close, shape (4, rows); NaN where one is unknown."""
    ratios = last_move_ratios(history)
    last = np.where(ratios >= LARGE_MOVE, np.sign(history.last_moves), 0.0)  # an unknown move is no large one
    month = history.moves(MONTH)
    usual = history.usual_moves * np.sqrt(history.rows_of(MONTH))
    of_month = np.where(np.isfinite(month + usual), np.sign(month) * (np.abs(month) > usual), np.nan)
    from_high, from_low = extreme_positions(history)
    width = from_low - from_high
    with np.errstate(divide="ignore", invalid="ignore"):
        place = np.where(width > 0, from_low / width, 0.5)
    of_year = np.where(np.isfinite(width), (place >= 1 - OUTER) * 1.0 - (place <= OUTER), np.nan)
    return np.stack([last, of_month, np.sign(trend_gaps(history)), of_year])


def _moods(votes: Floats) -> Floats:
    sums = votes.sum(axis=0)
    moods = (sums >= LEAST_SUM) * 1.0 - (sums <= -LEAST_SUM)
    return np.where(np.isfinite(sums), moods, np.nan)


def evidence_of(history: History, moods: Floats, mood: int) -> Evidence | None:
    """Return what followed the days of a sentiment that are long enough ago to have been followed by a month."""
    rows = history.rows_of(MONTH)
    returns = 100 * np.expm1(history.logs[rows:] - history.logs[:-rows]) if rows < len(history) else np.empty(0)
    known = np.flatnonzero(np.isfinite(moods[: len(returns)]))
    if not len(known):
        return None
    returns, is_mood = returns[known[0] :], moods[known[0] : len(returns)] == mood
    count, others = int(is_mood.sum()), int((~is_mood).sum())
    reach = history.rows_of(YEAR) + 2 * rows
    if min(count, others) < LEAST_DAYS or len(returns) < 2 * reach:
        return None
    differences = shifted_differences(is_mood, returns)
    # Near shifts compare the sentiment with the moves that made it.
    error = float(np.std(differences[rows : len(returns) - reach]))
    mean, other = float(returns[is_mood].mean()), float(returns[~is_mood].mean())
    return Evidence(
        days=count,
        other_days=others,
        following_days=MONTH,
        mean_return_pct=round(mean, 4),
        other_mean_return_pct=round(other, 4),
        difference_pct=round(mean - other, 4),
        standard_error_pct=round(error, 4),
    )


def shifted_differences(is_mood: np.ndarray, returns: Floats) -> Floats:
    """Return the mean return of marked days minus that of the others, for each circular shift of the returns.

    Args:
        is_mood: whether a day is marked, shape (rows,); some are, and some are not.
        returns: what followed each day, shape (rows,).

    Returns:
        The difference for a shift of 0, 1, ... rows; the first one is the difference itself.
    """
    rows, count = len(returns), int(is_mood.sum())
    spectrum = np.conj(np.fft.rfft(is_mood.astype(np.float64))) * np.fft.rfft(returns)
    sums = np.fft.irfft(spectrum, rows)
    return np.asarray(sums / count - (returns.sum() - sums) / (rows - count))


def _caveat(name: Mood, mood: int, evidence: Evidence | None) -> str:
    if evidence is None:
        return "The stock has too little past to test whether the sentiment foretells anything. Do not rely on it."
    size = evidence.difference_pct / evidence.standard_error_pct if evidence.standard_error_pct else 0.0
    if abs(size) <= SIGNIFICANT:
        return (
            f"In this stock's past, what followed {name} days does not differ from what followed other days by more "
            "than chance. The sentiment describes the past, and foretells nothing."
        )
    direction = "higher" if size > 0 else "lower"
    against = " against what its name suggests" if mood * size < 0 else ""
    return (
        f"In this stock's past, the returns after {name} days were {direction} than after other days by more than "
        f"chance explains{against}. Among many stocks, some show this by chance. It may not last."
    )
