"""The version of a release: ``python -m tools.release set 0.3.0``, ``… check v0.3.0``, ``… notes`` and ``… images``.

``set`` writes the version into every file that has it and gives the unreleased changes its number. The release workflow
runs the others: ``check`` with the tag, ``images`` for the values of the chart, ``notes`` for the text of the release.
This module imports the standard library only, so that the workflow need not install anything.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from common.runtime.version import VERSION

ROOT = Path(__file__).resolve().parents[1]
CHANGELOG = ROOT / "CHANGELOG.md"
CHART_VALUES = ROOT / "k8s" / "chart" / "values.yaml"
DIGESTS = {"forecastService": "forecast_service", "ingestionService": "ingestion_service", "webserver": "webserver"}
"""The chart's name of each image."""
FILES = (
    "common/runtime/version.py",
    "clients/python/stockcast_client/version.py",
    "pyproject.toml",
    "uv.lock",
    "dockerfiles/*",
    "k8s/base/*.yaml",
    "k8s/components/**/*.yaml",
    "docs/operator/install.md",
    "docs/examples/ready.http",
)
_NUMBER = r"\d+\.\d+\.\d+"
_REPEATED = re.compile(
    rf'(^VERSION = "|^version = "(?=[\d.]+"\nrequires-python)|^name = "stockcast"\nversion = "|^ARG VERSION='
    rf'|stockcast/(?:\w+|\$name):|^  "version": ")({_NUMBER})',
    re.MULTILINE,
)


class ReleaseRefused(Exception):
    """A tag or a number that is not that of a release."""


def find_versions() -> dict[str, set[str]]:
    """Return the versions in each file that has one, by its path."""
    return {
        str(path.relative_to(ROOT)): versions
        for path in _files()
        if (versions := {number for _, number in _REPEATED.findall(path.read_text(encoding="utf-8"))})
    }


def set_version(version: str, today: date) -> None:
    """Write a version into every file, and head the unreleased changes with it.

    Raises:
        ReleaseRefused: it is no version of three numbers, or the changelog has it already.
    """
    if not re.fullmatch(_NUMBER, version):
        raise ReleaseRefused(f"{version} is no version. Give three numbers, such as 0.3.0.")
    changes = CHANGELOG.read_text(encoding="utf-8")
    if f"\n## [{version}]" in changes:
        raise ReleaseRefused(f"CHANGELOG.md has a section {version} already. Give the next version.")
    headed = changes.replace("\n## [Unreleased]\n", f"\n## [Unreleased]\n\n## [{version}] - {today}\n", 1)
    CHANGELOG.write_text(headed, encoding="utf-8")
    for path in _files():
        text = path.read_text(encoding="utf-8")
        renewed = _REPEATED.sub(rf"\g<1>{version}", text)
        if renewed != text:
            path.write_text(renewed, encoding="utf-8")


def release_notes(changes: str, version: str) -> str:
    """Return the section of a version in the text of a changelog.

    Raises:
        ReleaseRefused: it has none, or an empty one.
    """
    found = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## \[|\Z)", changes, re.MULTILINE | re.DOTALL)
    if found is None or not found[1].strip():
        raise ReleaseRefused(f"CHANGELOG.md has no changes of {version}. Run python -m tools.release set {version}.")
    return found[1].strip() + "\n"


def check_tag(tag: str, changes: str) -> None:
    """Raise ReleaseRefused if a tag is not that of this version, or the changelog has no changes of it."""
    if tag != f"v{VERSION}":
        raise ReleaseRefused(f"The tag is {tag}, and the version of the code is {VERSION}. Tag v{VERSION}.")
    release_notes(changes, VERSION)


def name_images(values: str, registry: str, digests: Mapping[str, str]) -> str:
    """Return the text of the chart's values with a registry and the digest of each image.

    Raises:
        ReleaseRefused: a digest is missing, or is none.
    """
    values = re.sub(r"^  registry: .*$", f"  registry: {registry}", values, count=1, flags=re.MULTILINE)
    for name, image in DIGESTS.items():
        digest = digests.get(image, "")
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
            raise ReleaseRefused(f"{digest!r} is not the digest of the image {image}.")
        values = re.sub(rf"^    {name}: ''$", f"    {name}: {digest}", values, count=1, flags=re.MULTILINE)
    return values


def _files() -> Iterator[Path]:
    for pattern in FILES:
        yield from sorted(ROOT.glob(pattern))


def main() -> None:
    """Run the command of the arguments."""
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("set", help="write a version into every file").add_argument("version")
    commands.add_parser("check", help="refuse a tag that is not of this version").add_argument("tag")
    commands.add_parser("notes", help="print the changes of this version")
    images = commands.add_parser("images", help="write the images' registry and digests into the chart's values")
    images.add_argument("registry")
    images.add_argument("digests", type=Path, help="a folder with a file for each image, which has its digest")
    options = parser.parse_args()
    changes = CHANGELOG.read_text(encoding="utf-8")
    try:
        if options.command == "set":
            set_version(options.version, datetime.now(UTC).date())
        elif options.command == "check":
            check_tag(options.tag, changes)
        elif options.command == "images":
            digests = {path.name: path.read_text(encoding="utf-8").strip() for path in options.digests.iterdir()}
            values = CHART_VALUES.read_text(encoding="utf-8")
            CHART_VALUES.write_text(name_images(values, options.registry, digests), encoding="utf-8")
        else:
            sys.stdout.write(release_notes(changes, VERSION))
    except ReleaseRefused as refused:
        sys.exit(f"error: {refused}")


if __name__ == "__main__":
    main()
