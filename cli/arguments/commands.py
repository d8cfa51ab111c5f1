"""The parser of a command, which reports wrong options by their names."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from difflib import get_close_matches


class Parser(argparse.ArgumentParser):
    """A parser that reports an unknown option before a missing argument."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse the arguments. Exit with 2 at an unknown option."""
        given = list(sys.argv[1:] if args is None else args)
        self._check_options(given)
        return super().parse_known_args(given, namespace)

    def _check_options(self, given: Sequence[str]) -> None:
        """Exit with 2 at the first unknown option. A command's own parser checks the options after its name."""
        known = self._option_string_actions
        for word in given:
            name = word.partition("=")[0]
            if word == "--" or (self._subparsers is not None and not word.startswith("-")):
                return
            if re.match(r"--?[A-Za-z]", word) and name not in known and name[:2] not in known:
                near = get_close_matches(name, known, n=1, cutoff=0.7)
                self.error(f"unknown option {name}" + (f"; did you mean {near[0]}?" if near else ""))


def add_command(commands: argparse._SubParsersAction[Parser], name: str, purpose: str) -> Parser:
    """Add a command to those of a parser, and return its parser."""
    description = f"{purpose[0].upper()}{purpose[1:]}."
    return commands.add_parser(name, help=purpose, description=description, allow_abbrev=False)
