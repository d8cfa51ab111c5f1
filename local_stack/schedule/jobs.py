"""The jobs and their times.

One refresh is due on the evening of each trading day in New York. The exchanges of Asia and Europe have closed earlier
on the same day, so it finds the new close of every stock. Alerts are judged after it, the forecasts whose day has come
are scored, the standing set of the track record is forecast, and the board of the market is made. Every quarter of an
hour alerts are judged for the closes that people have fetched, and notifications that have not arrived are sent. With a
key for hourly bars, those of the fifty largest stocks are fetched a quarter of an hour after the end of each. A run
fetches what earlier ones missed. Soon after the start, the board is made if there is none or prices are newer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger

from local_stack.schedule.commands import Outcome

NEW_YORK = ZoneInfo("America/New_York")
REFRESH_TIME = CronTrigger(day_of_week="mon-fri", hour=18, minute=30, timezone=NEW_YORK)
QUARTERS = CronTrigger(minute="*/15", timezone=NEW_YORK)
HOURS = CronTrigger(day_of_week="mon-fri", hour="10-16", minute=45, timezone=NEW_YORK)
"""New York's bars end at half past the hour, and the last one at 16:00. Free sources are a quarter of an hour late."""
CLEAN_TIME = CronTrigger(hour=4, minute=5, timezone=NEW_YORK)
SETTLED_AFTER = timedelta(seconds=20)
"""The time from the start until the first board is made: the first forecast of a new stack goes first."""
MOST_TRIES = 4
"""The most attempts of one evening's refresh: some stocks may fail every time."""


class Runner(Protocol):
    """Runs commands by name."""

    def run(self, name: str) -> Outcome:
        """Run a command to its end."""


class RefreshLog:
    """The time of the last refresh, in a file that outlives the stack.

    Args:
        path: the file.
        begin: the time that counts as the last refresh of a new stack; None if its first one is due.
    """

    def __init__(self, path: Path, begin: datetime | None) -> None:
        self._path = path
        if self.last is None and begin is not None:
            self.note(begin)

    @property
    def last(self) -> datetime | None:
        """When the last refresh began; None if the file is missing or damaged."""
        try:
            found = datetime.fromisoformat(json.loads(self._path.read_text())["refreshed_at"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return found if found.tzinfo else None

    def note(self, at: datetime) -> None:
        """Record a refresh."""
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps({"refreshed_at": at.isoformat()}))
        new.replace(self._path)


class Jobs:
    """The work of each quarter of an hour, and of each day.

    Args:
        runner: runs the commands.
        log: the last refresh.
        now: the clock.
        hours: the last refresh of the hourly bars; None if there is no key for them.
    """

    def __init__(
        self, runner: Runner, log: RefreshLog, now: Callable[[], datetime], hours: RefreshLog | None = None
    ) -> None:
        self._runner = runner
        self._log = log
        self._now = now
        self._hours = hours
        self._tries = 0

    def each_quarter(self) -> None:
        """Refresh if a refresh is due, or was while the machine slept; judge and notify; then the others."""
        now = self._now()
        is_due = _is_due(REFRESH_TIME, self._log.last, now)
        if is_due:
            self._refresh(now)
        self._runner.run("alerts")
        if is_due:
            self._runner.run("scores")
            self._runner.run("standing_set")
            self._runner.run("market")
        if self._hours is not None:
            self._fetch_hours(self._hours, now)

    def once(self) -> None:
        """Store the sample if nothing is stored, and make the board if there is none or prices are newer."""
        self._runner.run("sample")
        self._runner.run("first_board")

    def each_day(self) -> None:
        """Remove what has expired."""
        self._runner.run("clean")

    def _fetch_hours(self, log: RefreshLog, now: datetime) -> None:
        """Fetch the hourly bars if one has ended. After a failure, the run of the next hour fetches them."""
        is_due = log.last is None or _is_due(HOURS, log.last, now)
        if is_due and self._runner.run("hourly_bars") != "stopped":
            log.note(now)

    def _refresh(self, now: datetime) -> None:
        self._tries += 1
        outcome = self._runner.run("refresh")
        if outcome == "done" or (outcome != "stopped" and self._tries >= MOST_TRIES):
            self._log.note(now)
            self._tries = 0


def _is_due(times: CronTrigger, last: datetime | None, now: datetime) -> bool:
    due = times.get_next_fire_time(last, last) if last is not None else None
    return due is not None and due <= now


def make_scheduler(jobs: Jobs) -> BackgroundScheduler:
    """Return a scheduler that runs one job at a time. A time that was missed, as in sleep, is made up for once."""
    defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(1)}, job_defaults=defaults, timezone=NEW_YORK
    )
    scheduler.add_job(jobs.each_quarter, QUARTERS, id="each_quarter")
    scheduler.add_job(jobs.each_day, CLEAN_TIME, id="each_day")
    scheduler.add_job(jobs.once, DateTrigger(utc_now() + SETTLED_AFTER), id="once")
    return scheduler


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
