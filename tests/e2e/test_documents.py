"""The examples of the documents, compared with the answers of a stack on the same sample prices."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.generate.answers import ask_all
from docs.generate.commands import run_commands
from docs.generate.currency import structure
from test_support.stacks.run_app import running_stack
from tests.e2e.conftest import PATIENT


@pytest.fixture(scope="module")
def made_anew() -> Iterator[dict[Path, str]]:
    with running_stack({"PROVIDERS": "sample"} | PATIENT) as stack:
        files: dict[Path, str] = {}
        for answer in ask_all(stack.url):
            files |= answer.files()
        yield files | dict(run_commands(stack.port))


def test_the_documents_show_current_answers(made_anew):
    for path, text in made_anew.items():
        assert structure(path.read_text(encoding="utf-8")) == structure(text), f"{path.name}: python -m docs.generate"
