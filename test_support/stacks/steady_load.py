"""Clients that ask for one forecast after the other while a test changes the stack."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

import httpx

from test_support.stacks.request_history import RequestHistory
from test_support.waiting import until

DAYS = 30


class SteadyLoad:
    """The clients of some web servers, one each. ``answers`` counts each client's answers, ``refusals`` lists refusals.

    A client whose server goes away repeats its request at the next server, as a load balancer does.
    """

    def __init__(self, histories: Sequence[RequestHistory]) -> None:
        self._histories = histories
        self._end = threading.Event()
        self.answers = [0] * len(histories)
        self.refusals: list[str] = []

    def wait_for_more(self, answers: int) -> None:
        """Wait until each client has received so many further answers."""
        wanted = [count + answers for count in self.answers]
        until(lambda: all(have >= want for have, want in zip(self.answers, wanted, strict=True)))

    def run_client(self, number: int) -> None:
        """Ask until the load ends."""
        for count in itertools.count():
            ticker = f"LOAD{number}Q{count}"
            answer = self._answer_to(ticker, number)
            if answer is None:
                return
            if answer.is_success:
                self.answers[number] += 1
            else:
                self.refusals.append(f"{ticker}: {answer.text[:200]}")

    def _answer_to(self, ticker: str, number: int) -> httpx.Response | None:
        """Return the answer of the first server that gives one, from that of this client on; None after the end."""
        request_id = str(uuid4())
        for history in itertools.islice(itertools.cycle(self._histories), number, None):
            if self._end.is_set():
                break
            try:
                return history.ask(ticker, DAYS, request_id)[1]
            except httpx.TransportError:
                self._end.wait(0.1)
        return None

    def end(self) -> None:
        """Have the clients end after their present request, also if no server answers any more."""
        self._end.set()


@contextmanager
def steady_load(*histories: RequestHistory) -> Iterator[SteadyLoad]:
    """Ask each web server, until the block ends, for forecasts of tickers that nobody has asked for."""
    load = SteadyLoad(histories)
    threads = [threading.Thread(target=load.run_client, args=[number]) for number in range(len(histories))]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.end()
        for thread in threads:
            thread.join()
