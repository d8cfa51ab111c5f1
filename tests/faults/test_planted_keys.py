"""Planted keys, tokens, passwords and cookies appear in no file, store, log or answer of a stack.

`./run_app.sh` starts the stack. Its price sources quote the keys in their answers.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import boto3
import httpx
import psutil
import pytest
import redis

from local_stack.credentials import load_or_create_credentials
from local_stack.ports import Ports, ports_of
from local_stack.processes.probes import is_ready
from local_stack.service_environment import service_environment
from test_support.network.ports import free_stack_port
from test_support.paths import ROOT
from test_support.sources.price_source import last_close_of, table
from test_support.sources.source_server import SourceServer, answering, running_source
from test_support.waiting import until

SOURCES = ("TIINGO", "TWELVE_DATA", "FINNHUB", "ALPHA_VANTAGE", "NASDAQ_DATA_LINK")
KEYS = {f"{source}_API_KEY": f"PLANTED{n}KEY0123456789abcdef" for n, source in enumerate(SOURCES)}
COOKIE = "PLANTEDCOOKIE0123456789abcdef"
CLIENT_SECRET = "PLANTEDCLIENTSECRET0123456789"
SMTP_PASSWORD = "PLANTEDSMTP0123456789abcdef"
HOOK_KEY = "PLANTEDHOOK0123456789abcdef"
"""A secret in the address of a webhook, which the SQL store has to keep, as it keeps the key of signatures."""
PUSH_KEY = "PLANTEDPUSH0123456789abcdefghijklmnopqrstuv"
BROWSER_KEY = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
BROWSER_SECRET = "PLANTEDBROWSER01234567"
"""The keys of a browser's subscription, of which the SQL store has to keep both."""
EMAIL = "planted@example.org"
PASSWORDS = ("planted password of copper", "planted wrong password")
STATUSES = (200, 302, 400, 401, 403, 404, 418, 429, 500, 503)
PATHS = ("/", "/livez", "/readyz", "/metrics", "/api/docs", "/api/v1/forecasts/x", "/api/v1/tickers", "/nothing")
GOOD = "KEYHOLE"


class PlantedStack:
    """A running stack with planted keys, and all of its answers."""

    def __init__(self, ports: Ports, source: SourceServer, environment: dict[str, str], folder: Path) -> None:
        self.ports = ports
        self.source = source
        self.environment = environment
        self.output = folder / "output"
        self.temporary = folder / "tmp"
        self.answers: list[bytes] = []
        self.secrets = [*KEYS.values(), COOKIE, CLIENT_SECRET, SMTP_PASSWORD, PUSH_KEY, *PASSWORDS]
        self.stored_secrets = [HOOK_KEY, BROWSER_SECRET]
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{ports.web}", trust_env=False, timeout=250)

    def keep(self, answer: httpx.Response) -> httpx.Response:
        """Record an answer with its headers."""
        self.answers.append(str(answer.headers).encode() + answer.content)
        return answer

    def ask(self, ticker: str) -> httpx.Response:
        """Request a forecast after closing the circuits of all sources."""
        with redis.Redis.from_url(services(self.ports)["REDIS_URL"]) as client:
            for key in [*client.scan_iter("aside:*"), *client.scan_iter("failures:*")]:
                client.delete(key)
        return self.keep(self.client.post("/api/v1/forecasts", json={"ticker": ticker, "days": 30}))

    def create_token(self) -> tuple[str, str]:
        """Create an API token; return its id and its secret."""
        command = [sys.executable, "-m", "webserver.accounts", "token", "create", "--scope", "read,write,admin"]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, timeout=250, check=True, text=True
        )
        self.secrets.append(done.stdout.strip())
        self.answers.append(done.stderr.encode())
        (token_id,) = re.findall(r"[0-9a-f-]{36}", done.stderr)
        return token_id, done.stdout.strip()

    def create_account(self) -> str:
        """Create an account; return the secret of the link by which a person sets its password."""
        command = [sys.executable, "-m", "webserver.people", "create", EMAIL]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, timeout=250, check=True, text=True
        )
        self.answers.append(done.stderr.encode())
        secret = done.stdout.strip().partition("#")[2]
        self.secrets.append(secret)
        return secret

    def log_in(self, password: str) -> httpx.Response:
        """Log in. Only the answer to the browser has the cookie."""
        answer = self.client.post("/api/v1/sessions", json={"email": EMAIL, "password": password})
        self.answers.append(answer.content)
        return answer

    def command(self, *module: str) -> None:
        """Run one of the commands in the environment of the stack."""
        done = subprocess.run(
            [sys.executable, "-m", *module],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            timeout=250,
            check=False,
        )
        self.answers.append(done.stdout + done.stderr)


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[PlantedStack]:
    """The stack, started with the keys in its environment."""
    ports = ports_of(free_stack_port())
    with running_source() as source:
        source.handle = answering(200, table(last_close_of(GOOD)))
        urls = {f"{name}_URL": source.url for name in SOURCES}
        environment = os.environ | KEYS | urls | services(ports)
        environment |= {
            "PORT": str(ports.web),
            "REQUEST_DEADLINE_S": "200",
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(tmp_path / "tmp"),
            "LOG_LEVEL": "debug",
            "AUTH": "on",
            "PUBLIC_READ": "on",
            "OIDC_ISSUER": "http://127.0.0.1:1",
            "OIDC_CLIENT_ID": "stockcast",
            "OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "SMTP_URL": f"smtp://stockcast:{SMTP_PASSWORD}@127.0.0.1:1",
            "MAIL_FROM": "stockcast@example.org",
            "WEB_PUSH_PRIVATE_KEY": PUSH_KEY,
            "ALERT_HOSTS": "127.0.0.1",
            "PROVIDERS": "tiingo,twelvedata,finnhub,alphavantage,nasdaq",
            "PROVIDER_BUDGETS": ",".join(f"{n}=9999/minute" for n in ("tiingo", "twelvedata", "finnhub")),
        }
        stack = PlantedStack(ports, source, environment, tmp_path)
        stack.temporary.mkdir()
        with (
            stack.output.open("wb") as output,
            subprocess.Popen(
                [sys.executable, "-P", "-m", "cli"], cwd=ROOT, env=environment, stdout=output, stderr=output
            ) as app,
        ):
            try:
                health = (ports.forecast_health, ports.ingestion_health, ports.web)
                until(lambda: all(map(is_ready, health)), 200, "the stack did not start")
                yield stack
            finally:
                stack.client.close()
                app.send_signal(signal.SIGTERM)
                app.wait(100)
                shutil.rmtree(data(ports), ignore_errors=True)


def data(ports: Ports) -> Path:
    """Return the folder of the stack's data."""
    return ROOT / ".data" / str(ports.web)


def services(ports: Ports) -> dict[str, str]:
    """Return the environment of the services."""
    return service_environment(ports, "stockcast", {}, load_or_create_credentials(ROOT / ".data"))


def quoting(status: int):
    """Return a handler that quotes the whole request in its answer, with the key."""

    def handle(request):
        quoted = f"{request.path}\n{request.headers}"
        body = json.dumps({"detail": quoted, "quandl_error": {"code": "QEAx01", "message": quoted}, "message": quoted})
        answering(status, body.encode(), Location=re.sub(r"\s", "", quoted), X_Quoted=re.sub(r"\s", "", quoted))(
            request
        )

    return handle


def test_planted_keys_are_in_no_output_store_or_answer(planted):
    assert planted.ask(GOOD).status_code == 200
    for status in STATUSES:
        planted.source.handle = quoting(status)
        assert planted.ask(f"STATUS{status}").status_code >= 400
    planted.command("ingestion_service.refresh.command", GOOD, "NEWCOMER")
    planted.command("local_stack", "forecast", "ANOTHER")
    use_tokens(planted)
    use_account(planted)
    for path in PATHS:
        planted.keep(planted.client.get(path))
    for port in (planted.ports.ingestion_health, planted.ports.forecast_health):
        for path in ("/metrics", "/readyz"):
            planted.answers.append(httpx.get(f"http://127.0.0.1:{port}{path}", timeout=100).content)
    keys_sent = {
        key for key in KEYS.values() if any(key in f"{path}{headers}" for path, headers in planted.source.asked)
    }
    assert keys_sent == set(KEYS.values()), "a source was not asked with its key, so the test shows nothing about it"
    check_found_nowhere(planted)


def use_tokens(planted):
    """Send a token that is valid, mistyped, in a wrong place, or revoked, and a cookie."""
    token_id, secret = planted.create_token()
    valid = {"Authorization": f"Bearer {secret}", "Cookie": f"stockcast_session={COOKIE}"}
    assert planted.keep(planted.client.put(f"/api/v1/tickers/{GOOD}", headers=valid)).status_code in {200, 201}
    assert planted.keep(planted.client.get("/api/v1/audit", headers=valid)).json()["entries"]
    mistyped = {"Authorization": f"Bearer {secret}x"}
    assert planted.keep(planted.client.get("/api/v1/tickers", headers=mistyped)).status_code == 401
    planted.keep(planted.client.get("/api/v1/tickers", headers={"Authorization": f"Basic {secret}"}))
    planted.command("webserver.accounts", "token", "list")
    planted.command("webserver.accounts", "token", "revoke", token_id)
    until(lambda: planted.keep(planted.client.get("/api/v1/account", headers=valid)).status_code == 401)


def use_account(planted):
    """Set a password by a link, mistype it, log in, change it, make an invitation, fail at the provider, log out."""
    right, wrong = PASSWORDS
    link = {"secret": planted.create_account(), "password": right}
    for status in (204, 400):
        assert planted.keep(planted.client.post("/api/v1/password-resets:use", json=link)).status_code == status
    assert planted.log_in(wrong).status_code == 401
    assert planted.log_in(right).status_code == 204
    planted.secrets.append(planted.client.cookies["stockcast_session"])
    change = {"present_password": wrong, "password": right}
    assert planted.keep(planted.client.put("/api/v1/account/password", json=change)).status_code == 400
    invitation = planted.client.post("/api/v1/invitations", json={})
    planted.secrets.append(invitation.json()["url"].partition("#")[2])
    assert planted.keep(planted.client.post("/api/v1/provider-logins", json={})).status_code == 503
    assert planted.keep(planted.client.post("/api/v1/password-resets", json={"email": EMAIL})).status_code == 202
    use_channels(planted)
    for path in ("account", "sessions", "accounts", "invitations", "audit", "channels", "deliveries"):
        assert planted.keep(planted.client.get(f"/api/v1/{path}")).status_code == 200
    assert planted.client.delete("/api/v1/sessions").status_code == 204
    planted.client.cookies.clear()


def use_channels(planted):
    """Send a test to a webhook, a mail server and a push service, none of which answers."""
    url = f"http://127.0.0.1:1/hook?key={HOOK_KEY}"
    subscription = {"endpoint": url, "keys": {"p256dh": BROWSER_KEY, "auth": BROWSER_SECRET}}
    for body in (
        {"kind": "webhook", "name": "hook", "url": url},
        {"kind": "mail", "name": "mail", "to": EMAIL},
        {"kind": "web_push", "name": "browser", "subscription": subscription},
    ):
        made = planted.client.post("/api/v1/channels", json=body).json()
        if made["signing_secret"]:
            planted.stored_secrets.append(made["signing_secret"].removeprefix("whsec_"))
        sent = planted.keep(planted.client.post(f"/api/v1/channels/{made['id']}:test"))
        assert sent.json()["state"] == "pending", sent.text


def marks_of(secret):
    """Return the forms in which a secret could appear."""
    return secret.encode(), base64.b64encode(secret.encode()).rstrip(b"="), secret.encode().hex().encode()


def check_found_nowhere(planted):
    """Check that no place contains a key. A ticker, which is not secret, is in every place, so the search works."""
    places = {
        "answers": planted.answers,
        "redis": list(everything_in_redis(planted.ports)),
        "s3": list(everything_in_s3(planted.ports)),
        "files": list(everything_below(data(planted.ports))),
    }
    assert not [place for place, texts in places.items() if not any(GOOD.encode() in text for text in texts)]
    places["output"] = [planted.output.read_bytes()]
    places["temporary"] = list(everything_below(planted.temporary))
    places["processes"] = list(command_lines())
    assert any(b"ingestion_service" in line for line in places["processes"])
    assert any(b"stockcast_failures" in text for text in places["temporary"] + places["answers"])
    marks = [mark for secret in planted.secrets for mark in marks_of(secret)]
    found = [(place, text[:300]) for place, texts in places.items() for text in texts if any(m in text for m in marks)]
    assert not found
    marks = [mark for secret in planted.stored_secrets for mark in marks_of(secret)]
    store = str(data(planted.ports) / "stockcast.sqlite").encode()
    keeping = [text for texts in places.values() for text in texts if any(mark in text for mark in marks)]
    assert keeping, "the store has them, so the search works"
    assert [text[:300] for text in keeping if not text.startswith(store)] == []


def everything_in_redis(ports):
    """Yield each key with its value."""
    readers = {b"string": "get", b"hash": "hgetall", b"set": "smembers"}
    with redis.Redis.from_url(services(ports)["REDIS_URL"]) as client:
        for key in client.scan_iter():
            kind = client.type(key)
            if kind == b"none":
                continue  # it has expired
            value = client.zrange(key, 0, -1) if kind == b"zset" else getattr(client, readers[kind])(key)
            yield key + repr(value).encode()
        yield repr(client.config_get()).encode() + repr(client.info("everything")).encode()


def everything_in_s3(ports):
    """Yield each object: its key, its metadata, its body."""
    bucket = boto3.resource(
        "s3",
        endpoint_url=f"http://127.0.0.1:{ports.object_store}",
        region_name="us-east-1",
        aws_access_key_id=services(ports)["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=services(ports)["AWS_SECRET_ACCESS_KEY"],
    ).Bucket("stockcast")
    for each in bucket.objects.all():
        answer = each.get()
        yield each.key.encode() + repr({**answer, "Body": ""}).encode() + answer["Body"].read()
    bucket.meta.client.close()


def everything_below(folder):
    """Yield each file with its name: logs, Redis's append-only file, stored objects, configurations, metrics."""
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent, name)
            # The stack runs on: it may have removed a temporary file meanwhile.
            with suppress(FileNotFoundError):
                yield str(path).encode() + (path.read_bytes() if path.is_file() else b"")


def command_lines():
    """Yield the command lines of all processes, which every user of the machine can read."""
    for process in psutil.process_iter():
        try:
            yield "\0".join(process.cmdline()).encode()
        except psutil.NoSuchProcess:
            continue
