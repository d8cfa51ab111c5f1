"""The pipe of progress between a worker and the event loop of its parent."""

from __future__ import annotations

import asyncio
import threading

from common.domain.progress import WorkProgress
from forecast_service.workers.fork_server import context
from forecast_service.workers.progress_pipe import ProgressPipe, ProgressReports

HALF = WorkProgress(0.5, "half")
LONG_STEP = WorkProgress(0.6, "a step that takes minutes")
PATIENCE_S = 20.0


def test_a_report_that_comes_with_the_end_of_a_task_does_not_block_the_event_loop():
    async def end_task_as_a_report_comes():
        pipe = ProgressPipe(context())
        reports = ProgressReports(pipe.worker_end)
        # A blocked event loop would wait for a further report.
        rescue = threading.Timer(PATIENCE_S, lambda: pipe.worker_end.send_bytes(b'[1, "rescue"]'))
        rescue.start()
        reports.send(HALF)
        # The loop finds the report in the same turn in which this callback reads it.
        asyncio.get_running_loop().call_soon(pipe.listen, None)
        await asyncio.sleep(0.01)
        was_rescued = not rescue.is_alive()
        rescue.cancel()
        pipe.close()
        return was_rescued

    assert not asyncio.run(end_task_as_a_report_comes())


def test_a_listener_receives_the_reports_of_its_own_task_only():
    received = []

    async def two_tasks():
        is_received = asyncio.Event()

        def receive(progress):
            received.append(progress)
            is_received.set()

        pipe = ProgressPipe(context())
        reports = ProgressReports(pipe.worker_end)
        reports.send(WorkProgress(0.9, "the end of an earlier task"))
        pipe.listen(receive)
        reports.send(HALF)
        async with asyncio.timeout(PATIENCE_S):
            await is_received.wait()
        pipe.close()

    asyncio.run(two_tasks())
    assert received == [HALF]


def test_a_report_right_after_another_is_received_too():
    received = []

    async def send_twice():
        are_received = asyncio.Event()

        def receive(progress):
            received.append(progress)
            if len(received) == 2:
                are_received.set()

        pipe = ProgressPipe(context())
        pipe.listen(receive)
        reports = ProgressReports(pipe.worker_end)
        reports.send(HALF)
        reports.send(LONG_STEP)
        async with asyncio.timeout(PATIENCE_S):
            await are_received.wait()
        pipe.close()

    asyncio.run(send_twice())
    assert received == [HALF, LONG_STEP]
