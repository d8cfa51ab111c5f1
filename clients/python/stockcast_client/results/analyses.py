"""Finished evaluations and pattern searches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockcast_client.models.generated import FinishedEvaluation, FinishedPatternSearch, StockInsights
from stockcast_client.results.frames import frame_of
from stockcast_client.results.notebook import NO_ADVICE, paragraph, table

if TYPE_CHECKING:
    import pandas as pd

_SCORES = ("label", "verdict", "crps_pct", "mae_pct", "coverage", "interval_score_pct", "seconds")
_FOLLOWED = ("days", "hits", "difference_pct", "lower_pct", "upper_pct", "adjusted_p_value", "verdict")


class Evaluation(FinishedEvaluation):
    """Models that were compared on the past of a stock. A notebook shows their scores."""

    def to_frame(self) -> pd.DataFrame:
        """Return the scores: a row a model. The index is its name."""
        rows = ({"name": each.name, **{name: getattr(each, name) for name in _SCORES}} for each in self.models or ())
        return frame_of(rows, index="name")

    def _repr_html_(self) -> str:
        rows = ([getattr(each, name) for name in _SCORES] for each in self.models or ())
        dates = f"{self.ticker}, {self.days} days ahead. Prices: {self.source}, {self.first} to {self.as_of}."
        return f"<div>{paragraph(self.summary or '')}{table(_SCORES, rows)}{paragraph(f'{dates} {NO_ADVICE}')}</div>"


class PatternSearch(FinishedPatternSearch):
    """Patterns in prices, and what followed them. A notebook shows what followed."""

    def to_frame(self) -> pd.DataFrame:
        """Return what followed: a row a pattern and horizon. The index is the name of the pattern."""
        rows = (
            {"pattern": pattern.name, **{name: getattr(each, name) for name in _FOLLOWED}}
            for pattern in self.patterns or ()
            for each in pattern.followed or ()
        )
        return frame_of(rows, index="pattern")

    def hits_to_frame(self) -> pd.DataFrame:
        """Return the hits: a row a hit, with its dates. The index is the day on which it was known."""
        rows = (
            {"pattern": pattern.name, **hit.model_dump(include={"ticker", "begin", "end", "known", "close"})}
            for pattern in self.patterns or ()
            for hit in pattern.hits or ()
        )
        return frame_of(rows, index="known", dates=["begin", "end", "known"])

    def _repr_html_(self) -> str:
        rows = (
            [pattern.name, *(getattr(each, name) for name in _FOLLOWED)]
            for pattern in self.patterns or ()
            for each in pattern.followed or ()
        )
        summaries = "".join(paragraph(pattern.summary) for pattern in self.patterns or ())
        caveats = " ".join([*(self.caveats or ()), NO_ADVICE])
        return f"<div>{summaries}{table(('pattern', *_FOLLOWED), rows)}{paragraph(caveats)}</div>"


class Insights(StockInsights):
    """What is unusual about a stock now. A notebook shows the sentences."""

    def to_frame(self) -> pd.DataFrame:
        """Return the facts: a row a fact, with its value, unit, date and percentile. The index is its id."""
        return frame_of((each.model_dump() for each in self.facts or ()), index="id", dates=["date"])

    def _repr_html_(self) -> str:
        sentences = "".join(paragraph(each.text) for each in self.sentences or ())
        author = f" Worded by the language model {self.language_model}." if self.language_model else ""
        caveat = self.sentiment.caveat if self.sentiment else ""
        source = f"Prices: {self.source_name}, to {self.as_of}.{author}"
        return f"<div>{sentences}{paragraph(caveat)}{paragraph(f'{source} {NO_ADVICE}')}</div>"
