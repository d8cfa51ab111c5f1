"""Puts examples into README.md: each block behind ``<!-- examples: NAME … -->`` shows the examples of these names."""

from __future__ import annotations

import re

from docs.generate.answers import EXAMPLES

_BLOCK = re.compile(r"(?<=<!-- examples: )([a-z_ ]+)( -->\n```console\n).*?(?=\n```)", re.DOTALL)


def with_examples(text: str) -> str:
    """Return the text with the present examples."""
    return _BLOCK.sub(lambda found: found[1] + found[2] + "\n".join(map(_example, found[1].split())), text)


def _example(name: str) -> str:
    command_line = EXAMPLES / f"{name}.txt"
    if command_line.exists():
        return command_line.read_text(encoding="utf-8").strip()
    curl = (EXAMPLES / f"{name}.sh").read_text(encoding="utf-8").strip()
    body = (EXAMPLES / f"{name}.http").read_text(encoding="utf-8").partition("\n\n")[2]
    return f"$ {curl}\n{body.strip()}"
