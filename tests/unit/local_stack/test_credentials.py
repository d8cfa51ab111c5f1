"""The secrets of an installation are made once, and only their owner can read them."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local_stack.credentials import FILE, load_or_create_credentials
from webserver.alerts.channels.push_encryption import decode_base64url


def test_credentials_are_made_once_and_are_private(tmp_path: Path) -> None:
    folder = tmp_path / ".data"
    made = load_or_create_credentials(folder)
    assert load_or_create_credentials(folder) == made
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [FILE]


def test_two_installations_have_different_credentials(tmp_path: Path) -> None:
    one, other = load_or_create_credentials(tmp_path / "a"), load_or_create_credentials(tmp_path / "b")
    assert not set(vars(one).values()) & set(vars(other).values())


def test_simultaneous_commands_read_the_same_credentials(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(load_or_create_credentials, [tmp_path / ".data"] * 32))) == 1


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "{}", '{"s3_key_id": "", "s3_secret": "", "redis_password": ""}', "\0\xff"]
)
def test_a_damaged_file_is_replaced(tmp_path: Path, damage: str) -> None:
    (tmp_path / FILE).write_text(damage)
    (tmp_path / FILE).chmod(0o600)
    assert load_or_create_credentials(tmp_path) == load_or_create_credentials(tmp_path)


def test_credentials_that_others_could_read_are_replaced(tmp_path: Path) -> None:
    seen = load_or_create_credentials(tmp_path)
    (tmp_path / FILE).chmod(0o644)
    assert load_or_create_credentials(tmp_path) != seen


def test_the_representation_of_credentials_has_no_secret(tmp_path: Path) -> None:
    made = load_or_create_credentials(tmp_path)
    assert made.s3_secret not in repr(made)
    assert made.redis_password not in repr(made)


def test_credentials_of_an_earlier_version_get_a_key_of_notifications_and_stay_the_same(tmp_path: Path) -> None:
    made = load_or_create_credentials(tmp_path)
    earlier = {name: value for name, value in vars(made).items() if name != "web_push_key"}
    (tmp_path / FILE).write_text(json.dumps(earlier))
    completed = load_or_create_credentials(tmp_path)
    assert completed == load_or_create_credentials(tmp_path)
    assert vars(completed).items() >= earlier.items()
    assert len(decode_base64url(completed.web_push_key)) == 32
