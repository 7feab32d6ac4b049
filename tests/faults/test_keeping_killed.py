"""An expiry or a change of keys dies at any step: its entry is in the log completely or not at all, and the next command
completes it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from offduty import run
from offduty.admin.expire import expire
from offduty.admin.rotate import rotate
from offduty.core.errors import UsageError
from offduty.transparency.log import check_log, read_log
from tests.faults.stores import tree, two_days
from tests.logs import kinds
from tests.world import AFTERWARDS, lay_out

SEED = bytes(range(32)).hex()
EARLIER = "2026-03-02T12:00:00Z"


@dataclass(frozen=True)
class Deaths:
    """A job, a store before, and a store for each step that was the last."""

    job: Path
    before: Path
    stores: dict[str, Path]


def deaths(what: str, folder: Path) -> Deaths:
    """Kill the command at each of its steps. The store has two runs."""
    job = lay_out(two_days(), folder / "job", signing=SEED)
    before, stores = folder / "before", folder / "stores"
    stores.mkdir()
    for as_of in (EARLIER, AFTERWARDS):
        run(job, as_of=as_of, store=before, threads=1)
    command = [sys.executable, str(Path(__file__).with_name("keeping.py")), what, job, before, stores]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return Deaths(
        job, before, {f"{number} {step}": stores / str(number) for number, step in enumerate(json.loads(done.stdout))}
    )


@pytest.fixture(scope="module")
def expiries(tmp_path_factory: pytest.TempPathFactory) -> Deaths:
    return deaths("expire", tmp_path_factory.mktemp("expiries"))


@pytest.fixture(scope="module")
def rotations(tmp_path_factory: pytest.TempPathFactory) -> Deaths:
    return deaths("rotate", tmp_path_factory.mktemp("rotations"))


def link_of(died: Deaths) -> int:
    """The step that puts the entry into the log."""
    return next(number for number, name in enumerate(died.stores) if name.endswith("os.link"))


def test_no_file_is_deleted_before_the_log_names_it(expiries):
    """Up to the link every file is there; after it the entry is, and names each that is gone."""
    wanted = {name for name in tree(expiries.before) if not name.startswith("work")}
    found_half = False
    for number, (step, store) in enumerate(expiries.stores.items()):
        gone = wanted - set(tree(store))
        assert (kinds(store)[-1] == "expiry") == (number > link_of(expiries)), step
        named = {
            f"runs/{file['run_id']}/{file['name']}"
            for entry in read_log(store / "log")
            if entry.kind == "expiry"
            for file in entry.document["files"]
        }
        assert gone <= named, step
        found_half = found_half or (gone != set() and gone != named)
    assert found_half
    steps = [name.split()[1] for name in expiries.stores]
    assert (
        steps.index("os.link")
        < steps.index("os.fsync", steps.index("os.link"))
        < steps.index("os.remove", steps.index("os.link"))
    )


@pytest.mark.parametrize("again", ["expire", "run"])
def test_the_next_command_completes_an_expiry(expiries, tmp_path, again):
    """One entry, and no file of those that it names; a run that comes before the entry leaves all as it was."""
    for number, (step, left) in enumerate(expiries.stores.items()):
        store = tmp_path / str(number)
        shutil.copytree(left, store)
        there = kinds(store)[-1] == "expiry"
        if again == "expire":
            assert (expire(expiries.job, before="2026-03-03", store=store).entry is None) == there, step
        else:
            assert run(expiries.job, as_of=AFTERWARDS, store=store, threads=1).already, step
        entries = read_log(store / "log")
        check_log(entries)
        assert [entry.kind for entry in entries].count("expiry") == (there or again == "expire"), step
        days = {path.parent.name for path in (store / "runs").rglob("date=*/*.parquet")}
        assert ("date=2026-03-02" in days) == (not there and again == "run"), step
        assert "date=2026-03-03" in days
        assert not (store / "work").exists()


def test_a_change_of_keys_is_made_once(rotations, tmp_path):
    """Before the link it can be repeated with the same key; after it, the message says that it was done."""
    for number, (step, left) in enumerate(rotations.stores.items()):
        store, key = tmp_path / str(number), tmp_path / f"{number}.key"
        shutil.copytree(left, store)
        for path in left.parent.glob(f"{number}.[kp]*"):
            shutil.copy(path, tmp_path / path.name)
        there = kinds(store)[-1] == "rotation"
        assert there == (number > link_of(rotations)), step
        if there:
            with pytest.raises(UsageError, match="it was changed in"):
                rotate(rotations.job, new=key, store=store)
        else:
            made = key.read_text() if key.exists() else None
            rotate(rotations.job, new=key, store=store)
            assert made in (None, key.read_text()), step
        entries = read_log(store / "log")
        check_log(entries)
        assert [entry.kind for entry in entries] == ["run", "run", "rotation"], step
        assert len(entries[-1].head.signatures) == 2, step
