"""The client of a language model: one POST to ``/chat/completions`` in OpenAI's format."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpcore
import httpx
from pydantic import SecretStr

from common.runtime.version import USER_AGENT
from webserver.insights.language_model.answers import ModelAnswer, ModelFailed
from webserver.insights.language_model.deadline_transport import DeadlineTransport
from webserver.insights.language_model.prompt import MOST_ANSWER_TOKENS

MOST_BYTES = 256 * 1024
"""The most bytes of a response. An answer of the asked length takes some kilobytes."""
LONGEST_PAUSE_S = 3600
_PATH = "/chat/completions"


@dataclass(frozen=True)
class ModelClient:
    """A language model at one address. Redirects are not followed, and only this address is called.

    Args:
        url: the base address, or the whole one.
        model: the model's name.
        api_key: the key; None without one.
        timeout_s: the most seconds of a call, from the connection to the last byte.
    """

    url: str
    model: str
    api_key: SecretStr | None = field(repr=False)
    timeout_s: float

    def ask(self, messages: Sequence[dict[str, str]]) -> ModelAnswer:
        """Return the model's answer.

        Raises:
            ModelFailed: it gave none. The exception has no cause, whose text may quote the response.
        """
        try:
            status, headers, body = self._post(messages)
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            failure = ModelFailed("away", was_sent=False)
        except (httpcore.TimeoutException, httpx.TimeoutException):
            failure = ModelFailed("slow")
        except _TooLarge:
            failure = ModelFailed("too_large")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, httpx.HTTPError, OSError):
            failure = ModelFailed("away")
        except (ValueError, httpcore.UnsupportedProtocol, httpx.InvalidURL):
            failure = ModelFailed("unreadable")
        else:
            _raise_for_status(status, headers)
            return _read_answer(body)
        raise failure

    def _post(self, messages: Sequence[dict[str, str]]) -> tuple[int, httpx.Headers, bytes]:
        url = self.url if self.url.endswith(_PATH) else self.url + _PATH
        # Uncompressed, so that a small response cannot expand beyond the limit.
        headers = {"Accept-Encoding": "identity", "User-Agent": USER_AGENT}
        if self.api_key is not None:
            headers["Authorization"] = f"Bearer {self.api_key.get_secret_value()}"
        question = {
            "model": self.model,
            "messages": list(messages),
            "max_tokens": MOST_ANSWER_TOKENS,
            "temperature": 0.2,
            "response_format": {"type": "json_object"},
            "stream": False,
        }
        transport = DeadlineTransport(url, time.monotonic() + self.timeout_s)
        with (
            httpx.Client(transport=transport, follow_redirects=False, trust_env=False) as client,
            client.stream("POST", url, json=question, headers=headers) as response,
        ):
            return response.status_code, response.headers, _read_limited(response)


class _TooLarge(Exception):
    pass


def _read_limited(response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            raise _TooLarge
    return bytes(body)


def _raise_for_status(status: int, headers: httpx.Headers) -> None:
    if status == 429:
        raise ModelFailed("rate_limited", was_sent=False, retry_after_s=_read_pause(headers.get("Retry-After")))
    if status >= 500:
        raise ModelFailed("away", retry_after_s=_read_pause(headers.get("Retry-After")))
    if status != 200:
        raise ModelFailed("refused", was_sent=False)


def _read_pause(header: str | None) -> int | None:
    text = (header or "").strip()
    return min(int(text), LONGEST_PAUSE_S) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _read_answer(body: bytes) -> ModelAnswer:
    answer: ModelAnswer | None = None
    try:
        fields: Any = json.loads(body)
        text, usage = fields["choices"][0]["message"]["content"], fields.get("usage")
        if isinstance(text, str):
            answer = ModelAnswer(text, _read_tokens(usage))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        pass  # raised below, the failure has no context
    if answer is None:
        raise ModelFailed("unreadable")
    return answer


def _read_tokens(usage: Any) -> int | None:
    tokens = usage.get("total_tokens") if isinstance(usage, dict) else None
    return tokens if type(tokens) is int and 0 <= tokens <= 10_000_000 else None
