"""The bodies of batches of any kinds; the OpenAPI description contains their schemas."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.domain.questions import RequestId
from webserver.batches.questions import MOST_ITEMS
from webserver.schemas import EXAMPLE_ID

_FAILED = "Null for a request that has not failed."


class RequestBatchRequest(BaseModel):
    """The body of a request for a batch: requests of any kinds, and optionally an id of the client's choice."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "requests": [
                        {"kind": "forecast", "ticker": "AAPL", "days": 30},
                        {"kind": "forecast", "ticker": "MSFT", "days": 90, "model": "prophet"},
                    ]
                }
            ]
        },
    )

    requests: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=MOST_ITEMS,
        description="Each is the body of a request of its `kind`, as for the route of this kind. `kind` is `forecast` "
        "if it is left out. An item that is not valid fails alone.",
    )
    request_id: RequestId | None = None


class BatchedRequest(BaseModel):
    """The progress of one request of a batch."""

    model_config = ConfigDict(frozen=True)

    kind: str | None = Field(description="The kind of analysis. Null if the item has no valid one.")
    ticker: str | None = Field(description="The ticker. Null if the item has none.")
    status: Literal["accepted", "ingesting", "forecasting", "computing", "done", "failed", "cancelled"] = Field(
        description="The state of the request. An item that is not valid has `failed`."
    )
    request_id: str | None = Field(default=None, description="The id of the request. Null for a refused item.")
    url: str | None = Field(default=None, description="The address of the request. Null for a refused item.")
    progress: float | None = Field(default=None, description="The fraction of the work that is done, if it reports it.")
    step: str | None = Field(default=None, description="The present step of the work in words, if it reports it.")
    code: str | None = Field(default=None, description=f"The code of the failure. {_FAILED}")
    detail: str | None = Field(default=None, description=f"The reason of the failure. {_FAILED}")


class RequestBatch(BaseModel):
    """The progress of a batch of any kinds: its requests in the order of the body, and their number by status.

    ``deadline_in_ms`` is the time until the deadline of the last request.
    """

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "batch_id": EXAMPLE_ID,
                    "status": "running",
                    "deadline_in_ms": 34_200,
                    "url": f"/api/v1/batches/{EXAMPLE_ID}",
                    "counts": {"forecasting": 1, "failed": 1},
                    "requests": [
                        {
                            "kind": "forecast",
                            "ticker": "AAPL",
                            "status": "forecasting",
                            "request_id": "67a52d33-6e6f-5f53-a5cc-0a4b4f5b1c3d",
                            "url": "/api/v1/forecasts/67a52d33-6e6f-5f53-a5cc-0a4b4f5b1c3d",
                            "progress": None,
                            "step": None,
                            "code": None,
                            "detail": None,
                        },
                        {
                            "kind": "forecast",
                            "ticker": "MSFT",
                            "status": "failed",
                            "request_id": None,
                            "url": None,
                            "progress": None,
                            "step": None,
                            "code": "invalid_days",
                            "detail": "days is missing. It must be a whole number from 1 to 10000, such as 30.",
                        },
                    ],
                }
            ]
        },
    )

    batch_id: str
    status: Literal["running", "ended"] = Field(description="Whether every request of the batch has ended.")
    deadline_in_ms: int = Field(description="The milliseconds until the deadline of the last request.")
    url: str = Field(description="The address of the batch.")
    counts: dict[str, int] = Field(description="The number of requests by status.")
    requests: list[BatchedRequest] = Field(description="The requests in the order of the body.")


class BatchedRequestWithResult(BatchedRequest):
    """The progress of one request of a batch, with its result."""

    result: dict[str, Any] | None = Field(description="The result of a finished request; null for another one.")


class RequestBatchResults(RequestBatch):
    """The progress of a batch of any kinds, with the results of its finished requests."""

    model_config = ConfigDict(json_schema_extra=None)

    requests: list[BatchedRequestWithResult] = Field(  # type: ignore[assignment]
        description="The requests in the order of the body."
    )
