"""The command on the facts about a company, beside those on prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from common.rpc.messages import CommandResult, PricesCommand
from ingestion_service.fundamentals.keeper import CompanyKeeper


class OtherCommands(Protocol):
    """Executes the commands on prices."""

    def execute(self, command: PricesCommand, budget_s: float, *, is_first_try: bool = True) -> CommandResult:
        """Execute a command; see :meth:`CompanyCommands.execute`."""
        ...


@dataclass(frozen=True)
class CompanyCommands:
    """Executes the commands on companies, and passes on all others.

    Args:
        keeper: fetches the facts about a company.
        others: executes the commands on prices.
    """

    keeper: CompanyKeeper
    others: OtherCommands

    def execute(self, command: PricesCommand, budget_s: float, *, is_first_try: bool = True) -> CommandResult:
        """Execute a command without waiting for a lock; return its result.

        Raises:
            Locked: another caller holds the lock; the command may be tried again.
            Failure: the command failed.
        """
        if command.action != "company":
            return self.others.execute(command, budget_s, is_first_try=is_first_try)
        return CommandResult(self.keeper.ensure_fresh(command.ticker, budget_s, lock_wait_s=0))
