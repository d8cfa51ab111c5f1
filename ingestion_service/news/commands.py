"""The command that fetches headlines, before the commands on prices."""

from __future__ import annotations

from typing import Protocol

from common.rpc.messages import CommandResult, PricesCommand
from ingestion_service.news.keeper import NewsKeeper


class OtherCommands(Protocol):
    """Executes the other commands."""

    def execute(self, command: PricesCommand, budget_s: float, *, is_first_try: bool = True) -> CommandResult:
        """Execute a command; return its result."""
        ...


class NewsCommands:
    """Executes the command ``news``, and hands on the others.

    Args:
        news: fetches headlines.
        others: executes the other commands.
    """

    def __init__(self, news: NewsKeeper, others: OtherCommands) -> None:
        self._news = news
        self._others = others

    def execute(self, command: PricesCommand, budget_s: float, *, is_first_try: bool = True) -> CommandResult:
        """Execute a command without waiting for the ticker's lock; return its result.

        Raises:
            Locked: another caller holds the lock; the command may be tried again.
            Failure: the command failed.
        """
        if command.action == "news":
            return CommandResult(self._news.ensure_fresh(command.ticker, budget_s))
        return self._others.execute(command, budget_s, is_first_try=is_first_try)
