"""``python -m docs.generate``: makes the example answers, the screenshots and the diagrams again."""

from __future__ import annotations

from pathlib import Path

from docs.generate.answers import ask_all
from docs.generate.commands import copy_chart, run_commands
from docs.generate.currency import structure
from docs.generate.diagrams import draw_diagrams
from docs.generate.readme import with_examples
from docs.generate.screenshots import take_screenshots
from test_support.paths import ROOT
from test_support.stacks.run_app import running_stack


def main() -> None:
    """Start a stack of its own, and write every file."""
    draw_diagrams()
    with running_stack({"PROVIDERS": "sample"}) as stack:
        for answer in ask_all(stack.url):
            for path, text in answer.files().items():
                _write(path, text)
        for path, text in run_commands(stack.port):
            _write(path, text)
        copy_chart(stack.port)
        take_screenshots(stack.url)
    readme = ROOT / "README.md"
    readme.write_text(with_examples(readme.read_text(encoding="utf-8")), encoding="utf-8")


def _write(path: Path, text: str) -> None:
    """Write an example, unless only its numbers have changed."""
    if path.exists() and structure(path.read_text(encoding="utf-8")) == structure(text):
        return
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
