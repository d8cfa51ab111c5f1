"""``python -m docs.generate``: makes the example answers, the screenshots and the diagrams again."""

from __future__ import annotations

from pathlib import Path

from docs.generate.answers import ask_all
from docs.generate.commands import copy_chart, run_commands
from docs.generate.currency import structure
from docs.generate.diagrams import draw_diagrams
from docs.generate.readme import with_examples
from docs.generate.screenshots import take_screenshots
from docs.generate.stack import ROOT, sample_stack
from test_support.ports import quiet_port


def main() -> None:
    """Start a stack of its own, and write every file."""
    draw_diagrams()
    port = quiet_port()
    with sample_stack(port) as url:
        for answer in ask_all(url):
            for path, text in answer.files().items():
                _write(path, text)
        for path, text in run_commands(port):
            _write(path, text)
        copy_chart(port)
        take_screenshots(url)
    readme = ROOT / "README.md"
    readme.write_text(with_examples(readme.read_text(encoding="utf-8")), encoding="utf-8")


def _write(path: Path, text: str) -> None:
    """Write an example, unless only its numbers have changed."""
    if path.exists() and structure(path.read_text(encoding="utf-8")) == structure(text):
        return
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
