"""Prices of one's own over HTTP: store a file as a ticker's series, or add days to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from common.domain.access import Scope
from common.domain.errors import (
    AmbiguousDates,
    AmbiguousNumbers,
    Busy,
    DeadlineExceeded,
    ForecastFailed,
    ImplausiblePrices,
    InvalidFile,
    InvalidRows,
    InvalidTicker,
    NotFound,
    SourceConflict,
    TooLittleData,
)
from common.domain.questions import Ticker, validate_as
from common.domain.uploads import DateOrder, DecimalMark, UploadOptions, UploadReport
from webserver.http.operations import Operation, OperationResponse, described
from webserver.http.request_parsing import accept_file
from webserver.schemas import StoredUpload
from webserver.stocks.price_reader import PriceReader
from webserver.stocks.serializers import json_response, stored_ticker
from webserver.stocks.uploads.service import PriceUploads

TAG = "prices"
MEDIA_TYPES = ("text/csv", "application/json")
"""The described media types. The content decides which of them a file is."""
PROBLEMS = (
    InvalidTicker,
    SourceConflict,
    InvalidFile,
    InvalidRows,
    AmbiguousDates,
    AmbiguousNumbers,
    TooLittleData,
    ImplausiblePrices,
    ForecastFailed,
    Busy,
    DeadlineExceeded,
)


class UploadQuery(BaseModel):
    """The query parameters of an upload."""

    model_config = ConfigDict(frozen=True, strict=True)

    ticker: Ticker
    currency: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z]{3}$",
        description="The unit of the prices, such as EUR or GBp (pence). Without it, the unit is that of the file.",
        examples=["EUR"],
    )
    partial: Literal["true", "false"] = Field(
        default="false", description="`true` stores the good rows of a file that has faulty rows too."
    )
    date_order: DateOrder | None = Field(
        default=None, description="The order of day, month and year, if the dates do not show it."
    )
    decimal: DecimalMark | None = Field(
        default=None, description="The decimal mark of the numbers, if they do not show it."
    )

    @property
    def options(self) -> UploadOptions:
        """The properties of the file that the client states."""
        return UploadOptions(
            currency=self.currency, partial=self.partial == "true", date_order=self.date_order, decimal=self.decimal
        )


def add_upload_routes(
    api: Blueprint, uploads: PriceUploads, price_reader: PriceReader, now: Callable[[], datetime]
) -> None:
    """Add the routes to the blueprint of prices."""

    @api.put("/<ticker:ticker>")
    @described(
        Operation(
            TAG,
            Scope.WRITE,
            {
                200: OperationResponse("The file replaced the uploaded prices of this ticker.", (StoredUpload,)),
                201: OperationResponse("The prices are stored for the first time.", (StoredUpload,)),
            },
            PROBLEMS,
            file=MEDIA_TYPES,
            query=UploadQuery,
        )
    )
    def upload(ticker: str) -> Response:
        """Store a file with prices of your own as the series of a ticker.

        The body is CSV or JSON of at most 16 MiB. Its source is `upload`: no price source replaces it, and it never
        replaces the prices of a source.
        """
        return store("upload", ticker)

    @api.patch("/<ticker:ticker>")
    @described(
        Operation(
            TAG,
            Scope.WRITE,
            {200: OperationResponse("The days of the file are stored.", (StoredUpload,))},
            (*PROBLEMS, NotFound),
            file=MEDIA_TYPES,
            query=UploadQuery,
        )
    )
    def amend(ticker: str) -> Response:
        """Add the days of a file to an uploaded series, or correct them.

        Days that the file does not have stay as they are.
        """
        return store("amend", ticker)

    def store(action: Literal["upload", "amend"], ticker: str) -> Response:
        query = validate_as(UploadQuery, request.args.to_dict() | {"ticker": ticker})
        accept_file()
        result = uploads.store(action, query.ticker, query.options, lambda: request.stream)
        stored = stored_ticker(query.ticker, price_reader.read_facts(query.ticker), now())
        fields = stored.model_dump(exclude={"source_name"})
        body = StoredUpload(**fields, upload=result.report or UploadReport())
        return json_response(body, 201 if result.outcome == "created" else 200)
