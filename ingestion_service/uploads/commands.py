"""The commands that store an uploaded file, or add its days to an uploaded series."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, get_args

from common.domain.errors import (
    Busy,
    DeadlineExceeded,
    FaultyRow,
    InvalidFile,
    InvalidRows,
    NotFound,
    SourceConflict,
)
from common.domain.markets.currencies import UNKNOWN_CURRENCY, differ_in_currency, normalise_currency
from common.domain.prices import COLUMNS, CorruptPrices, PriceSeries
from common.domain.questions import Interval
from common.domain.source_names import UPLOAD, display_name
from common.domain.uploads import UploadOptions, UploadReport, list_first_rows
from common.redis.locks import Locked
from common.redis.price_notes import PricesPointer
from common.redis.stores import RedisStores
from common.rpc.messages import CommandResult, PricesCommand
from common.s3.incoming import IncomingFiles
from common.s3.price_store import ObjectChanged, PriceStore, StoredFacts
from ingestion_service.prices.commands import PriceCommands, lock_all_intervals
from ingestion_service.providers.sample import SAMPLE
from ingestion_service.uploads.amendments import amend
from ingestion_service.uploads.checks import check_file, check_whole
from ingestion_service.uploads.reading import ReadPrices, read_prices

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES_AT_ONCE = 1
"""The most files that are read at the same time: a file of 16 MiB takes up to 400 MB while it is parsed, and in a
cluster the service has 1 GiB. The others wait."""
_MOST_NOTES = 10


class UploadCommands:
    """Executes the commands on prices, of sources as well as of files.

    Args:
        stores: the pointers to prices, and the locks.
        store: the stored prices.
        incoming: the uploaded files.
        others: executes the commands without a file.
        fresh_for: how long the pointer to an uploaded series is valid.
    """

    def __init__(
        self,
        stores: RedisStores,
        store: PriceStore,
        incoming: IncomingFiles,
        others: PriceCommands,
        fresh_for: timedelta,
    ) -> None:
        self._stores = stores
        self._store = store
        self._incoming = incoming
        self._others = others
        self._fresh_for = fresh_for
        self._slots = threading.BoundedSemaphore(FILES_AT_ONCE)

    def execute(self, command: PricesCommand, budget_s: float, *, is_first_try: bool = True) -> CommandResult:
        """Execute a command without waiting for a lock; return its result.

        Args:
            command: the command.
            budget_s: the time limit in seconds.
            is_first_try: False if the command was tried before and raised :class:`Locked`.

        Raises:
            Locked: another caller holds the lock, or other files are being read; the command may be tried again.
            Failure: the command failed; the stored prices are unchanged.
        """
        if command.action not in {"upload", "amend"}:
            return self._others.execute(command, budget_s, is_first_try=is_first_try)
        give_up = time.monotonic() + budget_s
        with self._free_slot(), lock_all_intervals(self._stores, command.ticker, 0):
            return self._store_file(command, command.upload or UploadOptions(), give_up)

    @contextmanager
    def _free_slot(self) -> Iterator[None]:
        if not self._slots.acquire(blocking=False):
            raise Locked("Other files are being read. Try again in a moment.")
        try:
            yield
        finally:
            self._slots.release()

    def _store_file(self, command: PricesCommand, options: UploadOptions, give_up: float) -> CommandResult:
        facts = self._store.read_facts(command.ticker)
        self._check_source(command, facts)
        stored = self._read_stored(command.ticker, facts)
        if command.action == "amend" and stored is None:
            raise InvalidFile(f"The uploaded prices of {command.ticker} are damaged. Upload the whole series again.")
        prices = read_prices(self._incoming.read(command.request_id), options, give_up)
        currency = _choose_currency(prices, options, stored if command.action == "amend" else None)
        series, report = self._check(command, prices, currency, stored, is_partial=options.partial)
        if time.monotonic() >= give_up:
            raise DeadlineExceeded(f"The prices of {command.ticker} were not stored in time. Send them again.")
        self._write(series, facts)
        return CommandResult("created" if facts is None else "kept", report)

    def _check_source(self, command: PricesCommand, facts: StoredFacts | None) -> None:
        """Raise a failure if the stored prices may not be replaced by a file, or amended.

        Raises:
            SourceConflict: they are a provider's.
            NotFound: there are none to amend.
        """
        ticker = command.ticker
        if command.action == "amend" and facts is None:
            raise NotFound(f"No prices of {ticker} are stored. PUT /api/v1/prices/{ticker} stores a whole series.")
        if facts is not None and facts.source not in ({UPLOAD, SAMPLE} if command.action == "upload" else {UPLOAD}):
            raise SourceConflict(
                f"The stored prices of {ticker} are from {display_name(facts.source) or 'an unknown source'}, and "
                f"prices of two sources are never mixed. DELETE /api/v1/tickers/{ticker} first, or use another ticker."
            )
        others = [name for name in get_args(Interval) if name != "1d" and self._store.objects.read_facts(ticker, name)]
        if others:
            raise SourceConflict(
                f"Prices of {ticker} within the day are stored, from another source. DELETE /api/v1/tickers/{ticker} "
                "first, or use another ticker."
            )

    def _read_stored(self, ticker: str, facts: StoredFacts | None) -> PriceSeries | None:
        """Return the stored upload; None if there is none, or if it is damaged."""
        if facts is None or facts.source != UPLOAD:
            return None
        try:
            stored = self._store.read(ticker)
        except CorruptPrices:
            return None
        return stored.series if stored else None

    def _check(
        self,
        command: PricesCommand,
        prices: ReadPrices,
        currency: str,
        stored: PriceSeries | None,
        *,
        is_partial: bool,
    ) -> tuple[PriceSeries, UploadReport]:
        """Return the series to store and the report on the file.

        Raises:
            InvalidRows: rows are faulty, and the client wants all or none; or no row is good.
        """
        of_file = check_file(prices.frame, command.ticker, currency, self._stores.clock.now())
        faults = [*prices.faults, *of_file.faults]
        _refuse_faults(faults, prices.count, is_partial=is_partial and len(of_file.series) > 0)
        merged = of_file.series
        kept_notes: Sequence[str] = ()
        if command.action == "amend" and stored is not None:
            merged, kept_notes = amend(stored, of_file.series, prices.columns)
        whole = check_whole(merged, of_file.lines)
        faults = sorted([*faults, *whole.faults], key=lambda fault: fault.line)
        _refuse_faults(faults, prices.count, is_partial=is_partial)
        notes = [*prices.notes, *of_file.notes, *kept_notes, *whole.notes][:_MOST_NOTES]
        added, changed = _count_changes(stored, whole.series)
        report = UploadReport(
            read=prices.count,
            added=added,
            changed=changed,
            faulty=len(faults),
            rows=list_first_rows(faults),
            notes=notes,
        )
        return replace(whole.series, dropped=len(faults)), report

    def _write(self, series: PriceSeries, facts: StoredFacts | None) -> None:
        """Store a series. A pointer is valid only while its revision is stored, so it is forgotten before."""
        notes = self._stores.price_notes
        notes.forget_prices_pointer(series.ticker)
        try:
            written = self._store.write(series, fetched_at=self._stores.clock.now(), replacing=facts)
        except ObjectChanged as exc:
            raise Busy(f"The prices of {series.ticker} were changed by another request. Try again.") from exc
        pointer = PricesPointer(written.revision, written.last)
        notes.set_prices_pointer(series.ticker, pointer, int(self._fresh_for.total_seconds() * 1000))


def _choose_currency(prices: ReadPrices, options: UploadOptions, stored: PriceSeries | None) -> str:
    """Return the currency of the series; raise InvalidFile if that of the file differs from the stored one."""
    named = options.currency or prices.currency
    currency = normalise_currency(named) if named else UNKNOWN_CURRENCY
    if stored is None:
        return currency
    if differ_in_currency(currency, stored.currency):
        raise InvalidFile(
            f"The stored prices are in {stored.currency} and the file in {currency}. Send prices in one currency."
        )
    return stored.currency if stored.currency != UNKNOWN_CURRENCY else currency


def _refuse_faults(faults: Sequence[FaultyRow], count: int, *, is_partial: bool) -> None:
    if not faults or is_partial:
        return
    first = min(faults, key=lambda fault: fault.line)
    raise InvalidRows(
        f"{len(faults)} of {count} rows cannot be stored, so nothing was stored. Line {first.line}: {first.detail} "
        "Correct the rows, or send partial=true to store the others.",
        rows=sorted(faults, key=lambda fault: fault.line),
        count=len(faults),
    )


def _count_changes(stored: PriceSeries | None, series: PriceSeries) -> tuple[int, int]:
    """Return how many days are new, and how many have other prices than the stored ones."""
    if stored is None:
        return len(series), 0
    common = series.frame.index.intersection(stored.frame.index)
    before = stored.frame.loc[common, list(COLUMNS)].fillna(-1.0)
    after = series.frame.loc[common, list(COLUMNS)].fillna(-1.0)
    return len(series) - len(common), int((before.to_numpy() != after.to_numpy()).any(axis=1).sum())
