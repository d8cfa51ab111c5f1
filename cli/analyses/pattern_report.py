"""The text of a pattern search: what followed the hits beside what followed other days, and the hits themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cli.output.tables import format_table
from cli.output.terminal import Paint
from common.domain.formats import format_change, format_date, format_price
from common.domain.patterns.results import Followed, Hit, Moves, PatternFound, PatternSearchResult, Searched

_WORDS = {
    "better": "higher than on other days",
    "worse": "lower than on other days",
    "no_difference": "as on any other day",
    "too_few": "too few hits to tell",
}
_MOST_REASONS = 5
"""The most stocks that were not searched with their reasons."""
_SHOWN_LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
_Cells = Callable[[Followed], Sequence[str]]


def format_patterns(result: PatternSearchResult, paint: Paint, most_hits: int) -> str:
    """Return the two distributions and the hits of each pattern, and what to keep in mind."""
    lines = _searched(result.searched)
    for found in result.patterns:
        lines += ["", paint.bold(f"{found.name}: {_hits(found)}")]
        if found.total:
            lines += [*format_table(_distributions(found, result.levels)), *_verdicts(found)]
            lines += _hit_lines(found, result.horizons, most_hits)
        else:
            lines.append(found.summary)
    return "\n".join([*lines, "", *result.caveats])


def _searched(searched: Searched) -> list[str]:
    """Return what was searched, and the first stocks that were not, with the reasons."""
    missing = searched.not_searched
    left_out = f"; {missing} could not be searched" if missing else ""
    dates = f"{format_date(searched.first)} to {format_date(searched.last)}"
    head = f"Searched {_count(searched.stocks, 'stock')}, {searched.prices:,} daily prices from {dates}{left_out}."
    reasons = [f"  {stock.detail}" for stock in searched.unread[:_MOST_REASONS]]
    more = [f"  … and {missing - len(reasons):,} more; --json names further ones"] if missing > len(reasons) else []
    return [head, *reasons, *more]


def _hits(found: PatternFound) -> str:
    return f"{_count(found.total, 'hit')} in {_count(found.stocks, 'stock')} on {_count(found.dates, 'day')}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _distributions(found: PatternFound, levels: Sequence[float]) -> list[list[str]]:
    """Return the rows of the two distributions side by side, a pair of columns for each horizon."""

    def row(name: str, cells: _Cells) -> list[str]:
        return [name, *(cell for followed in found.followed for cell in cells(followed))]

    def both(name: str, value: Callable[[Moves], str]) -> list[str]:
        return row(name, lambda one: [_or_dash(one.after, value), _or_dash(one.usual, value)])

    places = [(level, levels.index(level)) for level in _SHOWN_LEVELS if level in levels]
    return [
        row("trading days later", lambda one: [f"{one.days}", ""]),
        row("", lambda _one: ["after hits", "other days"]),
        row("hits (non-overlapping)", lambda one: [f"{one.hits} ({one.non_overlapping})", ""]),
        both("mean move", lambda moves: _move(moves.mean_pct)),
        both("gains", lambda moves: f"{100 * moves.chance_of_gain:.0f} %"),
        *(both(_quantile_name(level), _quantile_at(place)) for level, place in places),
    ]


def _quantile_at(place: int) -> Callable[[Moves], str]:
    return lambda moves: _move(moves.quantiles_pct[place])


def _quantile_name(level: float) -> str:
    return "median" if level == 0.5 else f"{100 * level:.0f} % were below"


def _or_dash(moves: Moves | None, value: Callable[[Moves], str]) -> str:
    return "–" if moves is None else value(moves)


def _move(percent: float | None) -> str:
    return "–" if percent is None else format_change(percent)


def _verdicts(found: PatternFound) -> list[str]:
    return [f"  after {one.days} trading days: {_WORDS[one.verdict]}{_difference(one)}" for one in found.followed]


def _difference(followed: Followed) -> str:
    if followed.difference_pct is None or followed.lower_pct is None or followed.upper_pct is None:
        return ""
    ends = f"{format_change(followed.lower_pct)} to {format_change(followed.upper_pct)}"
    return f" (the mean differs by {format_change(followed.difference_pct)}, 95 % range {ends})"


def _hit_lines(found: PatternFound, horizons: Sequence[int], most: int) -> list[str]:
    shown = found.hits[: max(most, 0)]
    if not shown:
        return []
    is_shape = found.shape is not None
    head = [
        "hit",
        "from",
        "to",
        "close",
        *(["similarity"] if is_shape else []),
        *(f"{one} days on" for one in horizons),
    ]
    left = found.total - len(shown)
    more = [f"  … and {left:,} more; --hits and --json show further ones"] if left else []
    return [*format_table([head, *(_hit_row(hit, is_shape) for hit in shown)]), *more]


def _hit_row(hit: Hit, is_shape: bool) -> list[str]:
    similarity = [] if not is_shape else ["–" if hit.similarity is None else f"{hit.similarity:.3f}"]
    place = [hit.ticker, str(hit.begin), str(hit.end), format_price(hit.close)]
    return [*place, *similarity, *map(_move, hit.followed_pct)]
