"""The document of an embedded chart: one answer without scripts, cookies or other files."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlencode

from common.domain.errors import Failure
from webserver.embedding.chart import chart
from webserver.embedding.models import ShownForecast, Theme
from webserver.embedding.words import PENDING, date_words, escaped, level_words, range_words

PENDING_S = 5
"""Seconds until a frame asks again for a forecast that is being made."""
_LIGHT = "--page:#ffffff;--text:#1a2330;--muted:#55606f;--line:#dde3ea;--accent:#1d4f91;--band:rgb(29 79 145/18%)"
_DARK = "--page:#18202a;--text:#e7ecf3;--muted:#a3b1c2;--line:#2b3644;--accent:#8fbcff;--band:rgb(143 188 255/22%)"
STYLES = (
    f":root{{color-scheme:light;{_LIGHT}}}"
    f".dark{{color-scheme:dark;{_DARK}}}"
    f"@media(prefers-color-scheme:dark){{.auto{{color-scheme:dark;{_DARK}}}}}"
    "body{margin:0;padding:.75rem;background:var(--page);color:var(--text);font:.875rem/1.45 system-ui,sans-serif;"
    "overflow-wrap:anywhere}"
    "h1{margin:0;font-size:1rem;line-height:1.4}p{margin:.25rem 0 0}a{color:var(--accent)}"
    ".muted{color:var(--muted);font-size:.8125rem}"
    ".chart{display:block;margin-top:.5rem}.chart text{fill:var(--muted);font-size:12px}"
    ".chart path,.chart polyline{fill:none;vector-effect:non-scaling-stroke;stroke-width:1.5;stroke-linejoin:round}"
    ".grid{stroke:var(--line)}.now{stroke:var(--muted);stroke-dasharray:3 3}.band{fill:var(--band)}"
    ".middle{stroke:var(--accent)}.past{stroke:var(--text)}"
)
STYLES_HASH = f"'sha256-{base64.b64encode(hashlib.sha256(STYLES.encode()).digest()).decode()}'"
"""The source of the style sheet in a policy."""


def document(forecast: ShownForecast, theme: Theme) -> str:
    """Return the document with the chart of a forecast."""
    title = f"{forecast.ticker}: {range_words(forecast)}"
    words = f"{level_words(forecast)} range, {date_words(forecast)}. Prices: {forecast.source}."
    parts = (
        f"<h1>{escaped(title)}</h1>",
        f'<p class="muted">{escaped(words)}</p>',
        chart(forecast),
        f'<p class="muted">{_link(forecast.ticker, forecast.days)} Not investment advice.</p>',
    )
    return _page(title, "".join(parts), theme)


def pending_document(ticker: str, days: int, theme: Theme) -> str:
    """Return the document while the forecast is being made. It loads itself again."""
    title = f"{ticker}: the forecast is {PENDING}"
    body = f'<h1>{escaped(title)}</h1><p class="muted">This frame shows it in a moment. {_link(ticker, days)}</p>'
    return _page(title, body, theme, f'<meta http-equiv="refresh" content="{PENDING_S}">')


def failure_document(failure: Failure, theme: Theme) -> str:
    """Return the document of a failure."""
    body = f"<h1>There is no forecast to show.</h1><p>{escaped(failure.detail)}</p>"
    return _page("There is no forecast to show.", body, theme)


def _link(ticker: str, days: int) -> str:
    """Return the link to the page; it is relative, so that it also works below a proxy's path."""
    address = escaped(f"../?{urlencode({'ticker': ticker, 'days': days})}")
    return f'<a href="{address}" target="_blank" rel="noopener noreferrer">Open in Stockcast</a>.'


def _page(title: str, body: str, theme: Theme, head: str = "") -> str:
    return (
        f'<!doctype html><html lang="en" class="{theme}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex">{head}<title>{escaped(title)}</title><style>{STYLES}</style></head>'
        f"<body><main>{body}</main></body></html>"
    )
