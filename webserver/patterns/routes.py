"""Pattern searches over HTTP: the question of a request, and the finished search."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field

from common.domain.errors import InvalidPattern, NotDaily, UnusableWindow
from common.domain.kinds import PATTERN_SEARCH
from common.domain.patterns.questions import MOST_PATTERNS, PatternQuestion, Search, check_known_fields
from common.domain.questions import RequestId, extract_question
from webserver.patterns.schemas import FinishedPatternSearch, PatternSearchProgress
from webserver.requests.routes import RequestApi

TAG = "patterns"


class PatternRequest(PatternQuestion):
    """The body of a request for a pattern search: the question, and optionally a request id of the client's choice.

    Unknown fields are refused.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"ticker": "AAPL", "patterns": [{"type": "candles", "candles": "G G G R"}]},
                {
                    "ticker": "AAPL",
                    "tickers": ["MSFT", "GOOG"],
                    "patterns": [
                        {"type": "candles", "candles": "bearish engulfing", "every": "week"},
                        {"type": "turnaround", "turn": "up", "percent": 8},
                    ],
                },
                {
                    "ticker": "AAPL",
                    "all": True,
                    "patterns": [{"type": "shape", "start": "2012-01-03", "end": "2012-03-30", "dtw": True}],
                },
            ]
        },
    )

    patterns: Annotated[tuple[Search, ...], BeforeValidator(check_known_fields)] = Field(
        strict=False,
        min_length=1,
        max_length=MOST_PATTERNS,
        description="The patterns. The verdicts are corrected for their number.",
        examples=[[{"type": "candles", "candles": "G G G R"}]],
    )
    request_id: RequestId | None = Field(
        default=None, description="A UUID of your choice. The same id and body return the same request."
    )

    @property
    def question(self) -> PatternQuestion:
        """The question without the request id."""
        return extract_question(PatternQuestion, self)


PATTERNS = RequestApi(
    PATTERN_SEARCH,
    TAG,
    PatternRequest,
    (FinishedPatternSearch,),
    (InvalidPattern, UnusableWindow, NotDaily),
    details="A search of all stored stocks takes minutes. Poll its progress, or stream it.",
    progress=PatternSearchProgress,
)
"""The routes of pattern searches."""
