from contextlib import contextmanager

import httpx

from common.addresses import Address
from common.errors import Busy
from common.health import HealthServer

ANYWHERE = Address("127.0.0.1", 0)


def well():
    return None


def ill():
    raise Busy("The store is away.")


@contextmanager
def serving(address=ANYWHERE, *, alive=None, ready=None):
    """A health server; yields its address and a client."""
    server = HealthServer("some_service", alive=alive or {}, ready=ready or {})
    bound = server.start(address)
    try:
        with httpx.Client(base_url=f"http://{bound}", trust_env=False) as client:
            yield bound, client
    finally:
        server.stop()


def test_a_service_is_ready_when_every_check_passes():
    with serving(ready={"redis": well}) as (_, client):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_a_service_that_is_not_ready_says_why_and_is_alive_all_the_same():
    with serving(alive={"loop": well}, ready={"redis": well, "object_store": ill}) as (_, client):
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["problems"]) == (503, {"object_store": "The store is away."})
        assert client.get("/livez").status_code == 200
        assert client.get("/else").status_code == 404


def test_a_restarted_service_takes_its_port_again_at_once():
    with serving() as (address, client):
        assert client.get("/livez").status_code == 200
    # Its answered connections still linger on the port, in TIME_WAIT.
    with serving(address) as (again, client):
        assert again == address
        assert client.get("/livez").status_code == 200
