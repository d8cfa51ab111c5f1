"""The traces of jobs: commands that run at their times, each in a process of its own."""

from __future__ import annotations

from collections.abc import Callable

from common.runtime.tracing.spans import is_wanted, mark_failed, send_spans, span, start_tracing


def run_job(name: str, run: Callable[[], int]) -> int:
    """Run a job and return its exit status. Its root span, and all others of it, are sent before this returns.

    A status other than 0 and an exception mark the root span as failed. A collector that is away costs seconds at the
    end, and changes neither the status nor the output.

    Args:
        name: the name of the service in the traces; the root span is ``job`` and the name.
        run: the job.
    """
    if not is_wanted():
        return run()
    start_tracing(name)
    try:
        with span(f"job {name}"):
            status = run()
            if status:
                mark_failed(f"exit status {status}")
            return status
    finally:
        send_spans()
