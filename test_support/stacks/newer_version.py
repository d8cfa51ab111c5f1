"""A newer version of the source tree.

Its forecasts have one more field. It has one more kind of analysis, the countdown of the tests, and one more revision
of the SQL store, with a new column and a new table.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from test_support.paths import ROOT

NEWER_FIELD = "remark"
NEWER_REVISION = "0002"
_COUNTDOWN = "tests.integration.project.countdown"
_CHANGES = {
    "common/domain/questions.py": (
        "    level: Level = DEFAULT_LEVEL\n",
        f"    level: Level = DEFAULT_LEVEL\n    {NEWER_FIELD}: str = ''\n",
    ),
    "common/sql/revision.py": ('HEAD = "0001"\n', f'HEAD = "{NEWER_REVISION}"\n'),
}
_ADDITIONS = {
    "common/domain/kinds.py": f"from {_COUNTDOWN} import COUNTDOWN\nKINDS[COUNTDOWN.name] = COUNTDOWN\n",
}
_MIGRATION = f"""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{NEWER_REVISION}", "0001", None, None


def upgrade():
    op.add_column("watchlists", sa.Column("colour", sa.String(20), nullable=True))
    op.create_table("colours", sa.Column("name", sa.String(20), primary_key=True))
"""
_CHANGED = ("common",)


def write_newer_version(folder: Path) -> None:
    """Write the newer version's tree into an empty folder: a changed copy of one package, and links to the rest."""
    for entry in ROOT.iterdir():
        if entry.name not in {*_CHANGED, ".git"}:
            (folder / entry.name).symlink_to(entry)
    for name in _CHANGED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (present, newer) in _CHANGES.items():
        text = (folder / name).read_text()
        assert text.count(present) == 1, name
        (folder / name).write_text(text.replace(present, newer))
    for name, more in _ADDITIONS.items():
        (folder / name).write_text((folder / name).read_text() + more)
    (folder / "common/sql/migrations/versions/0002_newer.py").write_text(_MIGRATION)
