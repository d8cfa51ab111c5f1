"""The spans of the services. Without a collector each function returns at once, and nothing else is imported.

Spans nest by the context of the thread or task. Another service continues a trace by the ``traceparent`` of a message.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import copy_context
from typing import Literal, ParamSpec, Protocol, TypeVar

from common.domain.errors import Failure

Role = Literal["server", "client", "internal"]
Attribute = str | int
P = ParamSpec("P")
T = TypeVar("T")
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_NO_SPAN = nullcontext()


class Tracer(Protocol):
    """The maker of the spans while tracing is on."""

    def span(
        self, name: str, role: Role, parent: str | None, attributes: Mapping[str, Attribute]
    ) -> AbstractContextManager[None]:
        """Return a block of a span, the child of the current one or of ``parent``."""
        ...

    def add_past(self, name: str, began: float, ended: float) -> None:
        """Add a span that has ended, as a child of the current one; the times are seconds since 1970."""
        ...

    def rename(self, name: str) -> None:
        """Rename the current span."""
        ...

    def annotate(self, attributes: Mapping[str, Attribute]) -> None:
        """Add attributes to the current span."""
        ...

    def mark_failed(self, reason: str) -> None:
        """Mark the current span as failed."""
        ...

    def traceparent(self) -> str | None:
        """Return the current span in the form of W3C Trace Context."""
        ...

    def send(self) -> None:
        """Send all spans that have ended, for some seconds at most."""
        ...


_tracer: Tracer | None = None


def is_wanted() -> bool:
    """Return whether the environment names a collector."""
    is_off = (
        os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or os.environ.get("OTEL_TRACES_EXPORTER") == "none"
    )
    return not is_off and any(os.environ.get(name) for name in _ENDPOINTS)


def start_tracing(service: str) -> None:
    """Send the spans of this process to the collector, if the environment names one.

    A process that is forked later sends none, so that this is called in each process.
    """
    global _tracer  # noqa: PLW0603 - like the logs, the traces belong to the process
    if is_wanted() and _tracer is None:
        from common.runtime.tracing.otlp import OtlpTracer  # noqa: PLC0415 - imported only where it is used

        tracer = OtlpTracer(service)
        tracer.start()
        _tracer = tracer


def span(
    name: str, role: Role = "internal", parent: str | None = None, **attributes: Attribute
) -> AbstractContextManager[None]:
    """Return a block that is a span. An exception marks it as failed, without the exception's text.

    Args:
        name: the name, one of few.
        role: whether the block serves a request, makes one, or neither.
        parent: the ``traceparent`` of a caller; by default the current span is the parent.
        attributes: the attributes. None may contain a secret.
    """
    return _NO_SPAN if _tracer is None else _marking(_tracer, _tracer.span(name, role, parent, attributes))


def add_past_stages(seconds: Mapping[str, float], ended: float) -> None:
    """Add spans for stages that were measured elsewhere, one after the other.

    Args:
        seconds: the duration of each stage, in the order of the stages.
        ended: the end of the last one, in seconds since 1970.
    """
    if _tracer is None:
        return
    began = ended - sum(seconds.values())
    for name, duration in seconds.items():
        _tracer.add_past(name, began, began + duration)
        began += duration


def rename(name: str) -> None:
    """Rename the current span, as soon as a better name is known."""
    if _tracer is not None:
        _tracer.rename(name)


def annotate(**attributes: Attribute) -> None:
    """Add attributes to the current span."""
    if _tracer is not None:
        _tracer.annotate(attributes)


def mark_failed(reason: str) -> None:
    """Mark the current span as failed, where no exception leaves its block."""
    if _tracer is not None:
        _tracer.mark_failed(reason)


def traceparent() -> str | None:
    """Return the current span for a message to another service; None without one."""
    return None if _tracer is None else _tracer.traceparent()


def send_spans() -> None:
    """Send all spans that have ended, before the process ends."""
    if _tracer is not None:
        _tracer.send()


def within_span(run: Callable[P, T]) -> Callable[P, T]:
    """Return a function for other threads, in which the spans of ``run`` are children of the current one."""
    if _tracer is None:
        return run
    context = copy_context()
    return lambda *args, **kwargs: context.copy().run(run, *args, **kwargs)


def trace_id() -> str | None:
    """Return the id of the current trace; None without one."""
    current = traceparent()
    return current.split("-")[1] if current else None


@contextmanager
def _marking(tracer: Tracer, block: AbstractContextManager[None]) -> Iterator[None]:
    with block:
        try:
            yield
        except Exception as exc:
            tracer.mark_failed(exc.code if isinstance(exc, Failure) else type(exc).__name__)
            raise
