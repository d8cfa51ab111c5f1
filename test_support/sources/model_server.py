"""A language model on the loopback interface, in OpenAI's format. Each test sets what it writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from test_support.network.http_server import serving
from test_support.sources.source_server import Handle, SourceServer, answering


def completion(content: object, total_tokens: object = 900) -> bytes:
    """Return the body of an answer with this text."""
    message = {"role": "assistant", "content": content}
    fields = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 700, "completion_tokens": 200, "total_tokens": total_tokens},
    }
    return json.dumps(fields).encode()


def writing(*sentences: object) -> Handle:
    """Answer with these sentences in the form that is asked for."""
    return saying(json.dumps({"sentences": sentences}))


def saying(content: object, total_tokens: object = 900) -> Handle:
    """Answer with this text."""
    return answering(200, completion(content, total_tokens), Content_Type="application/json")


@contextmanager
def running_model() -> Iterator[SourceServer]:
    """Serve a model that writes nothing until the test sets another ``handle``."""
    with serving(SourceServer(writing())) as server:
        yield server
