"""A planted key is nowhere to be found, and ten thousand malformed inputs find no crack."""

import json
import random
import socket
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import httpx
import psutil
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.errors import BadRequest
from common.framing import LineReceiver
from common.messages import decoded_message
from tests.faults.parts import KEY, client_of

ROUTES = ("/", "/livez", "/readyz", "/metrics", "/api/v1/forecasts/x", "/api/v1/tickers?q=a", "/nothing")
FIELDS = ("ticker", "days", "model", "level", "request_id")


def test_a_planted_key_is_in_no_log_answer_or_process_list(parts, history):
    said = [history.ask("KEYHOLE", 30)[1].text]
    parts.source.failing = 401
    said.append(history.ask("REFUSEDKEY", 30)[1].text)
    parts.source.failing = 500
    said.append(history.ask("BROKEN", 30)[1].text)
    parts.source.heal()
    with client_of(parts) as client:
        said += [answer.text + str(answer.headers) for answer in map(client.get, ROUTES)]
    processes = chain.from_iterable([psutil.Process(part.pid), *part.children()] for part in parts.all)
    said += [" ".join(process.cmdline()) for process in processes]
    said.append(parts.written())
    assert any("KEYHOLE" in text for text in said)
    assert not [text[:200] for text in said if KEY in text]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), inner),
    max_leaves=5,
)


@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200) | anything.map(lambda value: json.dumps(value).encode()), st.integers(1, 50))
def test_whatever_a_frame_holds_is_a_message_or_the_senders_fault(data, size):
    receiver = LineReceiver()
    try:
        for start in range(0, len(data), size):
            line = receiver.receive(data[start : start + size])
            if line is not None:
                decoded_message(line)
        receiver.receive_eof()
    except BadRequest:
        pass


def bodies(number):
    """Malformed bodies, the same in each run: bytes, JSON of wrong types, and nearly right questions."""
    dice = random.Random(6)
    wrong = [
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
        "\x00",
        "ＡＡＰＬ",
        "<svg onload=x>",
    ]
    for n in range(number):
        match n % 4:
            case 0:
                yield dice.randbytes(dice.randrange(200))
            case 1:
                yield json.dumps(dice.choice(wrong)).encode()
            case 2:
                fields = {"ticker": "AAPL", "days": 30} | {dice.choice(FIELDS[:3]): dice.choice(wrong)}
                yield json.dumps(fields).encode()
            case 3:
                yield b"[" * dice.randrange(1, 5000)


def test_malformed_bodies_are_never_our_fault(parts, history):
    def status(client, body):
        return client.post("/api/v1/forecasts", content=body).status_code

    before = psutil.Process(parts.ingestion.pid).memory_info().rss
    limits = httpx.Limits(max_connections=8, max_keepalive_connections=8)
    made = httpx.Client(base_url=parts.url, trust_env=False, timeout=30, limits=limits)
    with made as client, ThreadPoolExecutor(8) as threads:
        statuses = set(threads.map(lambda body: status(client, body), bodies(7000)))
    assert statuses <= {400, 413}
    assert psutil.Process(parts.ingestion.pid).memory_info().rss < before * 1.1


def test_malformed_frames_are_answered_and_the_service_goes_on(parts, history):
    for body in bodies(200):
        with socket.create_connection(("127.0.0.1", parts.ingestion_port), timeout=5) as sock:
            sock.sendall(body + b"\n")
            assert b"rejected" in sock.recv(4096)
    assert history.ask("AFTERALL", 30)[1].status_code == 200
