"""The facts about a ticker over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response

from common.domain.access import Scope
from common.domain.errors import (
    Busy,
    CompanyFactsOff,
    DeadlineExceeded,
    InvalidTicker,
    NoCompanyFacts,
    ProviderUnavailable,
)
from common.domain.questions import normalise_ticker
from webserver.companies.models import TickerFacts
from webserver.companies.serializers import ticker_facts
from webserver.companies.service import CompanyFacts
from webserver.http.compression import conditional_json
from webserver.http.operations import UNCHANGED, Operation, OperationResponse, described

TAG = "tickers"


def companies_api(facts: CompanyFacts, now: Callable[[], datetime]) -> Blueprint:
    """Return the route of a ticker's facts; ``now`` is the clock that tells their age."""
    api = Blueprint("companies", __name__, url_prefix="/api/v1/tickers")

    @api.get("/<ticker:ticker>/facts")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("What is known about the ticker.", (TickerFacts,), ("ETag",)), 304: UNCHANGED},
            (InvalidTicker, NoCompanyFacts, CompanyFactsOff, ProviderUnavailable, Busy, DeadlineExceeded),
            headers=("If-None-Match",),
            cost=1,
        )
    )
    def read(ticker: str) -> Response:
        """Return the facts about a ticker's company, its dividends, splits and reports, each with source and age.

        Facts that are missing or older than a day are fetched first, which takes some seconds. Without facts about the
        company, `company_problem` says why, and the rest is returned. The request fails only if no prices are stored
        either.
        """
        wanted = normalise_ticker(ticker)
        known = facts.read(wanted)
        dividends = facts.dividends.read(wanted, known.prices) if known.prices else None
        body = ticker_facts(wanted, known, dividends, now()).model_dump_json()
        return conditional_json(body)

    return api
