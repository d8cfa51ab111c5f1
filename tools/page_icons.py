"""``python -m tools.page_icons``: writes the icons of the installed page from ``static/favicon.svg``.

It needs Chromium. Run the command after a change of the SVG.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

STATIC = Path(__file__).resolve().parent.parent / "static"
ICONS = {"icon-192.png": (192, False), "icon-512.png": (512, False), "maskable-512.png": (512, True)}
"""The size of each icon in pixels, and whether systems may cut it to a circle."""
_SAFE = 0.72
"""The part of a maskable icon's width that the picture takes. A circle of 80 % is never cut."""
_BACKGROUND = "#1d4f91"


def main() -> None:
    """Write the icons."""
    picture = (STATIC / "favicon.svg").read_text(encoding="utf-8")
    executable = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        for name, (size, is_maskable) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            inner = round(size * _SAFE) if is_maskable else size
            colour = _BACKGROUND if is_maskable else "transparent"
            page.set_content(
                f"<style>body{{margin:0;height:100vh;display:grid;place-items:center;background:{colour}}}"
                f"svg{{width:{inner}px;height:{inner}px}}</style>{picture}"
            )
            page.screenshot(path=STATIC / "icons" / name, omit_background=not is_maskable)
        browser.close()


if __name__ == "__main__":
    main()
