"""The jobs of a local stack: what is due when, after sleep, failure and a new start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local_stack.schedule.commands import Outcome
from local_stack.schedule.jobs import MOST_TRIES, NEW_YORK, Jobs, RefreshLog, make_scheduler
from local_stack.stack import StackFailed, _parse_schedule

FRIDAY_NOON = datetime(2013, 3, 1, 12, tzinfo=NEW_YORK)
FRIDAY_EVENING = datetime(2013, 3, 1, 18, 30, tzinfo=NEW_YORK)


class Commands:
    """Records the commands, and ends the refresh with ``outcome``."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.outcome: Outcome = "done"
        self.of_hours: Outcome = "done"

    def run(self, name: str) -> Outcome:
        """Record a command."""
        self.ran.append(name)
        return {"refresh": self.outcome, "hourly_bars": self.of_hours}.get(name, "done")


class Schedule:
    """Jobs with a clock that the test moves."""

    def __init__(self, file: Path) -> None:
        self.now = FRIDAY_NOON
        self.commands = Commands()
        self._file = file
        self.start()

    def start(self) -> None:
        """Make the jobs, as at the start of a stack."""
        self.jobs = Jobs(self.commands, RefreshLog(self._file, self.now), lambda: self.now)

    def ran_at(self, now: datetime) -> list[str]:
        """Return the commands of a quarter of an hour."""
        self.now, self.commands.ran = now, []
        self.jobs.each_quarter()
        return self.commands.ran


@pytest.fixture
def schedule(tmp_path: Path) -> Schedule:
    return Schedule(tmp_path / "schedule.json")


def test_prices_are_refreshed_once_in_the_evening_and_alerts_are_judged_after_it(schedule: Schedule) -> None:
    assert schedule.ran_at(FRIDAY_EVENING - timedelta(minutes=15)) == ["alerts"]
    assert schedule.ran_at(FRIDAY_EVENING) == ["refresh", "alerts", "scores", "standing_set", "market"]
    assert schedule.ran_at(FRIDAY_EVENING + timedelta(minutes=15)) == ["alerts"]


def test_no_refresh_is_due_at_the_weekend(schedule: Schedule) -> None:
    schedule.ran_at(FRIDAY_EVENING)
    assert schedule.ran_at(FRIDAY_EVENING + timedelta(days=2)) == ["alerts"]
    assert schedule.ran_at(FRIDAY_EVENING + timedelta(days=3)) == [
        "refresh",
        "alerts",
        "scores",
        "standing_set",
        "market",
    ]


def test_the_evening_is_that_of_new_york_in_summer_too(schedule: Schedule) -> None:
    schedule.ran_at(FRIDAY_EVENING)
    summer = datetime(2013, 3, 11, 22, 30, tzinfo=UTC)  # daylight saving began the day before
    schedule.ran_at(summer - timedelta(days=2))
    assert schedule.ran_at(summer - timedelta(minutes=1)) == ["alerts"]
    assert schedule.ran_at(summer) == ["refresh", "alerts", "scores", "standing_set", "market"]


def test_a_machine_that_slept_for_days_catches_up_once(schedule: Schedule) -> None:
    later = FRIDAY_EVENING + timedelta(days=6, hours=5)
    assert schedule.ran_at(later) == ["refresh", "alerts", "scores", "standing_set", "market"]
    assert schedule.ran_at(later + timedelta(minutes=15)) == ["alerts"]


def test_a_stack_that_was_off_in_the_evening_catches_up_after_its_start(schedule: Schedule) -> None:
    schedule.now = FRIDAY_EVENING + timedelta(hours=2)
    schedule.start()
    assert schedule.ran_at(schedule.now) == ["refresh", "alerts", "scores", "standing_set", "market"]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"refreshed_at": 1}', '{"refreshed_at": "2013-03-01T12:00:00"}'])
def test_a_damaged_file_counts_as_that_of_a_new_stack(schedule: Schedule, tmp_path: Path, damage: str) -> None:
    (tmp_path / "schedule.json").write_text(damage)
    schedule.start()
    assert schedule.ran_at(FRIDAY_EVENING) == ["refresh", "alerts", "scores", "standing_set", "market"]


def test_a_new_stack_has_nothing_to_catch_up_on(schedule: Schedule) -> None:
    assert schedule.ran_at(FRIDAY_NOON) == ["alerts"]


def test_a_refresh_that_fails_is_tried_again_a_few_times(schedule: Schedule) -> None:
    schedule.commands.outcome = "incomplete"
    ran = [schedule.ran_at(FRIDAY_EVENING + number * timedelta(minutes=15)) for number in range(MOST_TRIES + 2)]
    assert ran == [["refresh", "alerts", "scores", "standing_set", "market"]] * MOST_TRIES + [["alerts"]] * 2
    assert schedule.ran_at(FRIDAY_EVENING + timedelta(days=3)) == [
        "refresh",
        "alerts",
        "scores",
        "standing_set",
        "market",
    ]


def test_a_refresh_that_the_stop_of_the_stack_ended_is_due_again(schedule: Schedule) -> None:
    schedule.commands.outcome = "stopped"
    for number in range(MOST_TRIES + 1):
        assert "refresh" in schedule.ran_at(FRIDAY_EVENING + number * timedelta(minutes=15))


def test_what_has_expired_is_removed_each_day(schedule: Schedule) -> None:
    schedule.jobs.each_day()
    assert schedule.commands.ran == ["clean"]


def test_the_first_board_is_made_once_after_the_start(schedule: Schedule) -> None:
    schedule.jobs.once()
    assert schedule.commands.ran == ["sample", "first_board"]


def test_missed_times_are_made_up_for_once(schedule: Schedule) -> None:
    found: list[Any] = make_scheduler(schedule.jobs).get_jobs()
    assert {job.id for job in found} == {"each_quarter", "each_day", "once"}
    assert make_scheduler(schedule.jobs)._job_defaults == {
        "coalesce": True,
        "max_instances": 1,
        "misfire_grace_time": None,
    }


@pytest.fixture
def hourly(tmp_path: Path, schedule: Schedule) -> Schedule:
    """A stack with a key for hourly bars."""
    schedule.jobs = Jobs(
        schedule.commands,
        RefreshLog(tmp_path / "schedule.json", FRIDAY_NOON),
        lambda: schedule.now,
        RefreshLog(tmp_path / "hourly_bars.json", None),
    )
    return schedule


def test_hourly_bars_are_fetched_at_once_and_then_after_the_end_of_each(hourly: Schedule) -> None:
    assert hourly.ran_at(FRIDAY_NOON) == ["alerts", "hourly_bars"]
    ran = [hourly.ran_at(FRIDAY_NOON + number * timedelta(minutes=15)) for number in range(1, 8)]
    assert [number for number, commands in enumerate(ran, 1) if "hourly_bars" in commands] == [3, 7]


def test_hourly_bars_are_fetched_for_the_whole_session_and_not_at_the_weekend(hourly: Schedule) -> None:
    monday = datetime(2013, 3, 11, tzinfo=NEW_YORK)  # daylight saving began the day before
    hourly.ran_at(monday - timedelta(days=3))
    quarters = [monday - timedelta(days=1) + number * timedelta(minutes=15) for number in range(192)]
    ran = [quarter for quarter in quarters if "hourly_bars" in hourly.ran_at(quarter.astimezone(UTC))]
    # The bars that Friday's last runs missed are fetched at once.
    assert [f"{quarter:%H:%M}" for quarter in ran[1:]] == [f"{hour}:45" for hour in range(10, 17)]


def test_a_failed_fetch_of_hourly_bars_is_left_to_the_next_hour(hourly: Schedule) -> None:
    hourly.commands.of_hours = "failed"
    assert "hourly_bars" in hourly.ran_at(FRIDAY_NOON)
    assert "hourly_bars" not in hourly.ran_at(FRIDAY_NOON + timedelta(minutes=15))
    assert "hourly_bars" in hourly.ran_at(FRIDAY_NOON + timedelta(minutes=45))


def test_a_fetch_of_hourly_bars_that_the_stop_of_the_stack_ended_is_due_again(hourly: Schedule) -> None:
    hourly.commands.of_hours = "stopped"
    assert "hourly_bars" in hourly.ran_at(FRIDAY_NOON)
    assert "hourly_bars" in hourly.ran_at(FRIDAY_NOON + timedelta(minutes=15))


@pytest.mark.parametrize(("text", "wanted"), [("", True), ("on", True), ("off", False)])
def test_one_setting_turns_the_schedule_off(text: str, wanted: bool) -> None:
    assert _parse_schedule(text) is wanted


def test_another_value_of_the_setting_is_refused() -> None:
    with pytest.raises(StackFailed, match="setting SCHEDULE: must be on or off"):
        _parse_schedule("no")
