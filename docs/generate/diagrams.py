"""Draws the diagrams of ``diagrams/*.mmd`` as SVG with mermaid, so that the site needs no script from elsewhere."""

from __future__ import annotations

import hashlib
from pathlib import Path

from playwright.sync_api import sync_playwright

from docs.generate.screenshots import IMAGES, browser_path

SOURCES = Path(__file__).parents[1] / "diagrams"
_MERMAID = Path(__file__).parent / "node_modules/mermaid/dist/mermaid.min.js"
_DRAW = """async source => {
  mermaid.initialize({ startOnLoad: false, theme: "neutral", htmlLabels: false, flowchart: { htmlLabels: false } });
  return (await mermaid.render("diagram", source)).svg;
}"""


class MermaidMissing(Exception):
    """Mermaid is not installed; ``npm ci --prefix docs/generate`` installs it."""


def source_mark(source: str) -> str:
    """Return the comment that ties a drawing to its source."""
    return f"<!-- drawn from {hashlib.sha256(source.encode()).hexdigest()} -->"


def drawing_of(source: Path) -> Path:
    """Return the path of a source's drawing."""
    return IMAGES / f"{source.stem}.svg"


def draw_diagrams() -> None:
    """Draw every diagram whose source has changed."""
    changed = [path for path in sorted(SOURCES.glob("*.mmd")) if not is_current(path)]
    if not changed:
        return
    if not _MERMAID.exists():
        raise MermaidMissing
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.add_script_tag(path=_MERMAID)
        for path in changed:
            text = path.read_text(encoding="utf-8")
            svg = page.evaluate(_DRAW, text)
            drawing_of(path).write_text(f"{source_mark(text)}\n{svg}\n", encoding="utf-8")
        browser.close()


def is_current(source: Path) -> bool:
    """Return whether the drawing exists and was made from the present source."""
    drawing = drawing_of(source)
    mark = source_mark(source.read_text(encoding="utf-8"))
    return drawing.exists() and drawing.read_text(encoding="utf-8").startswith(mark)
