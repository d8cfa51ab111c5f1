"""Headlines about a stock. Their texts are of strangers: they are cleaned once, shown as text, and never obeyed."""

from __future__ import annotations

import html
import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

MOST_HEADLINES = 20
LONGEST_TITLE, LONGEST_PUBLISHER, LONGEST_URL = 300, 80, 2000
_SPACES = re.compile(r"\s+")
_TAGS = re.compile(r"</?[a-zA-Z][^<>]*>")


class Headline(BaseModel):
    """A headline of a publisher."""

    model_config = ConfigDict(frozen=True)

    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)] = Field(
        description="The headline as plain text. It is the publisher's, and may be wrong."
    )
    publisher: Annotated[str, Field(max_length=LONGEST_PUBLISHER)] = Field(
        description="The publisher's name as plain text; empty if unknown."
    )
    published: datetime = Field(description="When it was published (UTC).")
    url: Annotated[str, Field(pattern=r"^https?://", max_length=LONGEST_URL)] = Field(
        description="The address of the article, of `http` or `https`."
    )


class News(BaseModel):
    """The newest headlines about a stock, from one source."""

    model_config = ConfigDict(frozen=True)

    source: str
    fetched_at: datetime
    headlines: tuple[Headline, ...]


def make_headline(title: object, publisher: object, published: datetime, url: object) -> Headline | None:
    """Return a headline with cleaned texts; None without a title or a usable address.

    Args:
        title: the headline as a source sent it.
        publisher: the publisher's name as a source sent it.
        published: when it was published; without a zone it counts as UTC.
        url: the address of the article.
    """
    cleaned, address = clean_text(title, LONGEST_TITLE), clean_url(url)
    if not cleaned or address is None:
        return None
    moment = published if published.tzinfo else published.replace(tzinfo=UTC)
    return Headline(
        title=cleaned,
        publisher=clean_text(publisher, LONGEST_PUBLISHER),
        published=moment.astimezone(UTC),
        url=address,
    )


def clean_text(text: object, longest: int) -> str:
    """Return a text on one line: without tags, control, bidirectional and invisible characters, and not too long."""
    if not isinstance(text, str):
        return ""
    plain = _TAGS.sub(" ", html.unescape(text[: 20 * longest]))
    visible = "".join(" " if _is_hidden(character) else character for character in plain)
    line = _SPACES.sub(" ", visible).strip()
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def clean_url(url: object) -> str | None:
    """Return an address of ``http`` or ``https`` without a name and a password; None if it is none."""
    if not isinstance(url, str) or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    if not is_usable or parts.username is not None or re.search(r"[\"'<>\\^`{|}]", url):
        return None
    return parts.scheme + url[len(parts.scheme) :]


def _is_hidden(character: str) -> bool:
    """Return whether a character is a control, formatting (bidirectional, zero width), surrogate or private one."""
    return unicodedata.category(character).startswith("C") or unicodedata.category(character) in {"Zl", "Zp"}
