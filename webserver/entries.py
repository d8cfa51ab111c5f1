"""What is said of a ticker's stored prices, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

from flask import Response

from common.dates import is_stale
from common.objects import StoredFacts


def entry(ticker: str, facts: StoredFacts, today: date) -> dict[str, object]:
    """The facts of a ticker: source, dates, last close and its change, age, and what the checks found."""
    return {
        "ticker": ticker,
        "source": facts.source,
        "currency": facts.currency,
        "rows": facts.rows,
        "first": facts.first.isoformat(),
        "last": facts.last.isoformat(),
        "last_close": facts.last_close,
        "previous_close": facts.previous_close,
        **_change(facts.last_close, facts.previous_close),
        "fetched_at": facts.fetched_at.isoformat(),
        "stale": is_stale(facts.last, today),
        "version": facts.version,
        "dropped": facts.dropped,
        "flags": list(facts.flags),
    }


def _change(last: float | None, previous: float | None) -> dict[str, object]:
    if last is None or not previous:
        return {"change": None, "change_pct": None}
    # Ten digits: 430.47 - 441.4 is -10.93 to people.
    return {"change": round(last - previous, 10), "change_pct": round((last / previous - 1) * 100, 4)}


def json_response(body: Mapping[str, object], status: int = 200) -> Response:
    """Answer with JSON that nobody keeps."""
    response = Response(json.dumps(body), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
