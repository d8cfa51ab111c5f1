"""Ten thousand malformed frames, HTTP bodies and byte streams. None causes a server error."""

from __future__ import annotations

import json
import socket
from collections import Counter

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.domain.errors import BadRequest
from common.domain.questions import ForecastQuestion, validate_as
from common.rpc.messages import MAX_LINE_BYTES, Order, PricesCommand, decode_message, decode_reply

FRAMES, BODIES, STREAMS = 4500, 5000, 500
"""Ten thousand together."""
AN_EXAMPLE = 10
"""Hypothesis makes so many inputs an example: many small examples cost it twice the time."""
FIELDS = ("ticker", "days", "model", "level", "request_id", "v", "kind", "attempt", "budget_ms", "action")
RIGHT = {
    "ticker": "AAPL", "days": 30, "model": "blend", "level": 0.8, "v": 1, "attempt": 1, "budget_ms": 1000,
    "request_id": "123e4567-e89b-42d3-a456-426614174000",
}  # fmt: skip
WRONG: tuple[object, ...] = (
    "",
    None,
    True,
    -1,
    0,
    1e308,
    10**400,
    [],
    {},
    "N/A",
    "../../etc",
    "A" * 300,
    "\0",
    "ＡＡＰＬ",
    "<svg onload=x>",
)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(WRONG),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), inner),
    max_leaves=5,
)
nearly_right = st.dictionaries(st.sampled_from(FIELDS), values, min_size=1, max_size=3).map(lambda wrong: RIGHT | wrong)
deep = st.builds(lambda opening, depth: opening * depth, st.sampled_from([b"[", b'{"a":', b'"']), st.integers(1, 3000))
garbage = (
    st.binary(max_size=200)
    | deep
    | st.one_of(values, nearly_right).map(lambda value: json.dumps(value).encode())
    | nearly_right.map(lambda value: json.dumps(value).encode("utf-16"))
)
fuzzed = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)


@pytest.fixture
def memory_stays(parts):
    """The memory of the services grows by less than a tenth during the test."""
    before = parts.memory_mb()
    yield
    assert parts.memory_mb() < before * 1.1


@pytest.fixture
def answered(capsys):
    """Count answers by status, and print the counts at the end."""
    counts = Counter()
    yield counts
    with capsys.disabled():
        print(f"\n{counts.total()} malformed inputs: {dict(sorted(counts.items()))}, 5xx: {server_errors(counts)}")


def server_errors(counts):
    return sum(number for status, number in counts.items() if str(status).startswith("5"))


def several(inputs):
    """The inputs of an example."""
    return st.lists(inputs, min_size=AN_EXAMPLE, max_size=AN_EXAMPLE)


def is_question(body):
    """Return whether the body is a valid question."""
    try:
        validate_as(ForecastQuestion, {name: value for name, value in json.loads(body).items() if name in FIELDS[:4]})
    except (BadRequest, ValueError, AttributeError, RecursionError):
        return False
    return True


def test_a_malformed_body_never_gets_a_5xx(parts, history, memory_stays, answered):
    @settings(fuzzed, max_examples=BODIES // AN_EXAMPLE)
    @given(several(garbage.filter(lambda body: not is_question(body))))
    def ask(bodies):
        for body in bodies:
            status = client.post("/api/v1/forecasts", content=body).status_code
            answered[status] += 1
            assert status in {400, 413}, body

    with httpx.Client(base_url=parts.url, trust_env=False, timeout=30) as client:
        ask()
    assert server_errors(answered) == 0
    assert answered.total() >= BODIES


def test_a_malformed_frame_is_always_an_invalid_message(parts, history, memory_stays, answered):
    ports = st.sampled_from([parts.ingestion_port, parts.forecast_port])

    @settings(fuzzed, max_examples=FRAMES // AN_EXAMPLE)
    @given(several(st.tuples(garbage.filter(lambda frame: not is_message(frame)), st.integers(0, 200), ports)))
    def send(frames):
        for frame, cut, port in frames:
            code = code_of_reply(port, frame[:cut], frame[cut:] + b"\n")
            answered[code] += 1
            assert code.startswith("invalid_"), frame

    send()
    assert answered.total() >= FRAMES


def is_message(frame):
    """Return whether the frame is a valid message."""
    try:
        return isinstance(decode_message(frame), Order | PricesCommand)
    except BadRequest:
        return False


def code_of_reply(port, *pieces):
    with socket.create_connection(("127.0.0.1", port), timeout=100) as sock:
        for piece in pieces:
            sock.sendall(piece)
        reply = sock.makefile("rb").readline(MAX_LINE_BYTES)
    return decode_reply(reply.removesuffix(b"\n")).code


def test_bytes_that_are_not_http_never_get_a_5xx(parts, history, memory_stays, answered):
    port = int(parts.url.rpartition(":")[2])
    starts = st.sampled_from(
        [b"", b"GET / HTTP/1.1\r\n", b"POST /api/v1/forecasts HTTP/1.1\r\nHost: localhost\r\n", b"\x16\x03\x01"]
    )

    @settings(fuzzed, max_examples=STREAMS)
    @given(starts, st.binary(min_size=1, max_size=300))
    def send(start, rest):
        with socket.create_connection(("127.0.0.1", port), timeout=100) as sock:
            sock.sendall(start + rest + b"\r\n\r\n")
            sock.shutdown(socket.SHUT_WR)
            reply = sock.makefile("rb").read(64)
        answered[reply[9:12].decode() or "closed"] += 1
        assert not reply.startswith(b"HTTP/1.1 5"), reply

    send()
    assert server_errors(answered) == 0
    assert answered.total() >= STREAMS
    assert history.ask("AFTERALL", 30)[1].status_code == 200
