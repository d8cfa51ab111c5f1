"""The values that insights consist of, beside the facts. They need no library of arrays."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

LEAST_ROWS = 60
"""As for a forecast: with fewer prices nothing is unusual."""
MOST_YEARS = 10
"""As for a forecast: a stock is compared with its last years."""
Mood = Literal["positive", "neutral", "negative"]
SIGNIFICANT = 2.5
"""A difference of so many standard errors counts. With three sentiments, chance reaches it for one stock in twenty."""


class LeftOut(BaseModel):
    """A fact that the data do not allow, and the reason."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="The id that the fact would have.")
    name: str = Field(description="The name of the fact for people.")
    reason: str = Field(description="Why the fact is left out.")


class Sentence(BaseModel):
    """A sentence and the facts that it rests on."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(description="The sentence. All its numbers are those of its facts.")
    facts: tuple[str, ...] = Field(description="The ids of the facts.")
    unusual: float = Field(
        ge=0, le=100, description="How unusual it is, from 0 to 100. The sentences are in its order."
    )


class Vote(BaseModel):
    """What one part of the rule adds to the sentiment."""

    model_config = ConfigDict(frozen=True)

    fact: str = Field(description="The id of the fact that votes.")
    vote: Literal[-1, 0, 1] = Field(description="What it adds.")


class Evidence(BaseModel):
    """What followed the days of a sentiment in the stock's own past."""

    model_config = ConfigDict(frozen=True)

    days: int = Field(description="The number of past days with this sentiment.")
    other_days: int = Field(description="The number of past days with another one.")
    following_days: int = Field(description="The calendar days of the returns that followed.")
    mean_return_pct: float = Field(description="The mean return after days with this sentiment, in percent.")
    other_mean_return_pct: float = Field(description="The mean return after the other days, in percent.")
    difference_pct: float = Field(description="The difference of the two means, in percentage points.")
    standard_error_pct: float = Field(
        description="The standard error of the difference, in percentage points. It allows for the overlap of the "
        "returns and for the persistence of the sentiment."
    )


class Sentiment(BaseModel):
    """The sentiment, how it came about, and what it was worth in the past."""

    model_config = ConfigDict(frozen=True)

    mood: Mood = Field(description="The sentiment by the rule.")
    votes: tuple[Vote, ...] = Field(description="The votes that the rule adds. An unknown fact has none.")
    evidence: Evidence | None = Field(description="What followed it in the past; null with too few days to compare.")
    predictive: bool = Field(
        description="Whether what followed differs from what followed other days by more than "
        f"{SIGNIFICANT:g} standard errors, in the direction that the sentiment names."
    )
    caveat: str = Field(description="What the evidence means, in words.")
