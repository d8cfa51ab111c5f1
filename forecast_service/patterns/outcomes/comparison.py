"""The comparison of what followed the hits of all patterns, with verdicts corrected for their number."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from common.domain.formats import format_change
from common.domain.patterns.results import Followed, Verdict
from forecast_service.engine.evaluation.holm import correct_by_holm
from forecast_service.patterns.outcomes.horizon_outcomes import HorizonOutcomes
from forecast_service.patterns.outcomes.significance import FEWEST_HITS, Difference, compare, is_enough

SIGNIFICANCE = 0.05
_WORDS = {"better": "higher than usual", "worse": "lower than usual", "no_difference": "as on any other day"}


def compare_all(patterns: Sequence[Sequence[HorizonOutcomes]]) -> tuple[list[list[Followed]], int]:
    """Return what followed each pattern over each horizon, and the number of comparisons.

    Args:
        patterns: for each pattern, its outcomes over each horizon.
    """
    differences = [[_difference(outcome) for outcome in outcomes] for outcomes in patterns]
    tested = [found.p_value for found in itertools.chain(*differences) if found is not None]
    adjusted = iter(correct_by_holm(tested))
    followed = [
        [
            _followed(outcome, found, next(adjusted) if found is not None else None)
            for outcome, found in zip(outcomes, row, strict=True)
        ]
        for outcomes, row in zip(patterns, differences, strict=True)
    ]
    return followed, len(tested)


def _difference(outcome: HorizonOutcomes) -> Difference | None:
    """Return the difference; None where the hits are too few."""
    sums = outcome.block_sums()
    return compare(sums) if is_enough(outcome.non_overlapping, sums) else None


def _followed(outcome: HorizonOutcomes, found: Difference | None, adjusted: float | None) -> Followed:
    after, usual = outcome.after.summarise(), outcome.usual.summarise()
    mean_pct = round(after.mean_pct - usual.mean_pct, 3) if after and usual else None
    return Followed(
        days=outcome.days,
        hits=outcome.hits,
        non_overlapping=outcome.non_overlapping,
        dates=outcome.dates,
        after=after,
        usual=usual,
        difference_pct=mean_pct,
        lower_pct=round(100 * found.lower, 3) if found else None,
        upper_pct=round(100 * found.upper, 3) if found else None,
        p_value=round(found.p_value, 4) if found else None,
        adjusted_p_value=round(adjusted, 4) if adjusted is not None else None,
        verdict=_verdict(found, adjusted),
    )


def _verdict(found: Difference | None, adjusted: float | None) -> Verdict:
    if found is None or adjusted is None:
        return "too_few"
    if adjusted >= SIGNIFICANCE:
        return "no_difference"
    return "better" if found.mean > 0 else "worse"


def summarise(total: int, stocks: int, dates: int, followed: Sequence[Followed]) -> str:
    """Return the hits and what followed them in a few sentences."""
    if total == 0:
        return "The pattern was not found."
    places = f"in {stocks} stocks on {dates} days" if stocks > 1 else f"on {dates} days"
    sentences = [f"The pattern was found {_times(total)}{f' {places}' if total > 1 else ''}."]
    told = [one for one in followed if one.verdict != "too_few"]
    if not told:
        few = "That is too few" if total == 1 else "They are too few"
        return f"{sentences[0]} {few} to compare: it takes {FEWEST_HITS} that do not overlap, over some years."
    notable = [one for one in told if one.verdict != "no_difference"]
    usual = [one for one in told if one.verdict == "no_difference"]
    sentences += [_sentence(one) for one in notable or usual[:1]]
    rest = usual if notable else usual[1:]
    if rest:
        days = " and ".join(str(one.days) for one in rest)
        it_was = "it was as on any other day" if notable else "the same holds"
        sentences.append(f"After {days} trading days {it_was}.")
    return " ".join(sentences)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _sentence(one: Followed) -> str:
    """Return what followed over one horizon."""
    after, usual = one.after, one.usual
    gain, other = (after.chance_of_gain, usual.chance_of_gain) if after and usual else (0.0, 0.0)
    difference, lower, upper = (format_change(end or 0.0) for end in (one.difference_pct, one.lower_pct, one.upper_pct))
    return (
        f"After {one.days} trading days the price was {_WORDS[one.verdict]}: the mean move differs by {difference} "
        f"(95 % range {lower} to {upper}), and "
        f"{100 * gain:.0f} % of the hits were followed by a gain, beside {100 * other:.0f} % of the other days."
    )
