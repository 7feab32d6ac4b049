"""The planted bugs cannot rot: each can still be planted, and what is on record about them is still there."""

from __future__ import annotations

import ast
import json
import runpy
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

import offduty
from offduty.core.reasons import Reason
from tests import oracle
from tests.planted.bugs import BUGS
from tests.planted.planted_worlds import all_settings
from tests.planted.planting import ROOT

RECORD, SEEN = (Path(__file__).with_name(name) for name in ("caught.json", "seen.json"))
PAGE = (ROOT / "docs" / "explanation" / "planted.md").read_text(encoding="utf-8")
MODULES = {
    "arrays/sweep.py",
    "core/ids.py",
    "core/instants.py",
    "engines/decider.py",
    "core/times.py",
    "core/written_values.py",
    "decision/decide.py",
    "decision/declared_tables.py",
    "decision/join.py",
    "decision/join_pings.sql",
    "decision/known_rows.py",
    "decision/legs.py",
    "decision/pings.py",
    "decision/place_rows.py",
    "decision/reference.py",
    "decision/row_texts.py",
    "duty/custody.py",
    "duty/on_duty.py",
    "duty/roster.py",
    "duty/timeline.py",
    "duty/versions.py",
    "engines/local.py",
    "geofence/geodesy.py",
    "ingest/declared.sql",
    "ingest/declared_values.py",
    "ingest/file_times.py",
    "geofence/intervals.py",
    "geofence/parts.py",
    "geofence/places.py",
    "geofence/polygons.py",
    "geofence/read_geometry.py",
    "geofence/rings.py",
    "geofence/site_exclusions.py",
    "geofence/sites.py",
    "geofence/whereabouts.py",
    "outputs/coarsening.py",
    "outputs/ledger.py",
    "outputs/manifest.py",
    "outputs/pseudonyms.py",
    "outputs/quarantine.py",
    "outputs/reference_digests.py",
    "outputs/release.py",
    "runs/check_read.py",
    "runs/decided.py",
}
NAMED_BY_THE_ISSUE = (
    "a shift's end is inclusive",
    "contains for intersects",
    "axes swapped",
    "record time is ignored",
    "degrees for metres",
    "fold=0",
    "NaN as away",
    "a missing home is none",
    "context is forgotten",
    "legs by count",
)


@pytest.mark.parametrize("number", BUGS)
def test_a_bug_can_be_planted(tmp_path, number):
    """Each old text stands once in its module as it is now; the module still parses, and is another one."""
    bug = BUGS[number]
    room = Path(offduty.__file__).parent
    for module in bug.modules:
        (tmp_path / module).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(room / module, tmp_path / module)
    bug.plant(tmp_path)
    for module in bug.modules:
        before, after = ((folder / module).read_text(encoding="utf-8") for folder in (room, tmp_path))
        assert _told(module, after) != _told(module, before), module


def _told(module: str, text: str) -> str:
    """What a module says, without its layout: of Python its tree, of SQL its words."""
    return ast.dump(ast.parse(text)) if module.endswith(".py") else " ".join(text.split())


def test_an_old_text_that_is_gone_is_noticed(tmp_path):
    """A bug that can no longer be planted would say nothing of anything."""
    (tmp_path / "duty").mkdir()
    (tmp_path / "duty" / "custody.py").write_text("nothing of the kind")
    with pytest.raises(ValueError, match="stands 0 times"):
        BUGS[1].plant(tmp_path)


def test_the_bugs_are_many_and_of_every_room():
    """At least twenty, each named once, each with what it gives away or loses; and those that were asked for are there."""
    names = [bug.name for bug in BUGS.values()]
    assert len(names) >= 20
    assert len(set(names)) == len(names)
    assert {module for bug in BUGS.values() for module in bug.modules} == MODULES
    assert {bug.harm.split(" ")[0].rstrip(":") for bug in BUGS.values()} == {"leaks", "loses"}
    assert [wanted for wanted in NAMED_BY_THE_ISSUE if not any(name.startswith(wanted) for name in names)] == []


def test_a_test_is_on_record_for_each():
    """The page and the record name one for every bug, and its file is there."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert list(record) == [bug.name for bug in BUGS.values()]
    table = PAGE.split("<!-- planted -->")[1].split("<!-- /planted -->")[0]
    for number, bug in BUGS.items():
        assert f"| {number} | {bug.name} |" in table
        assert f"`{record[bug.name]}`" in table
        assert (ROOT / record[bug.name].partition("::")[0]).exists()


def test_the_worlds_have_every_reason():
    """Each reason, and each kind of row that is no ping, some of them in an interval: or a bug about it could not be
    seen. Those that must stop the run do.
    """
    settings = all_settings()
    seen = {reason for setting in settings if not setting.stops for reason in oracle.answer(setting.world).reasons}
    reasons = {reason.word for reason in Reason}
    kinds = {f"quarantine:{kind}" for kind in ("no_device", "bad_time", "future_time", "bad_position")}
    assert seen == reasons | kinds | {None}
    names = {setting.name for setting in settings}
    assert len(names) == len(settings)
    assert set(json.loads(SEEN.read_text(encoding="utf-8")).values()) <= names
    for setting in settings:
        if setting.stops:
            with pytest.raises(oracle.Stop):
                oracle.answer(setting.world)


def test_a_bug_that_nobody_catches_fails_the_command(monkeypatch, capsys, tmp_path):
    """The exit is 1, and the line at the end counts it: where a test or the auditor says nothing, and where either says
    too much.
    """
    command = runpy.run_path(str(Path(__file__).with_name("__main__.py")))
    caught, failure = command["Caught"], command["Failure"]
    finding = command["Finding"]("00", ["5.1"], "")
    both, no_test, no_audit = (
        caught(1, failure("tests/a.py::b", 1.0), [finding]),
        caught(2, None, [finding]),
        caught(3, failure("t", 1.0), []),
    )
    for given, alarms, ending, code in (
        ([both], [], "1 passed, 0 failed", 0),
        ([both, no_test], [], "1 passed, 1 failed", 1),
        ([no_audit], [], "0 passed, 1 failed", 1),
        ([both], ["a clean store"], "1 passed, 1 failed", 1),
    ):
        bench = command["Bench"](tmp_path, {"00": all_settings()[0]}, {}, False, None, None)
        answers = iter(given)
        names = command["main"].__globals__
        monkeypatch.setitem(names, "Warm", lambda count: nullcontext())
        monkeypatch.setitem(names, "set_up", lambda *_, bench=bench: bench)
        monkeypatch.setitem(names, "false_alarms", lambda *_, alarms=alarms: alarms)
        monkeypatch.setattr(command["Bench"], "look", lambda self, number, answers=answers: next(answers))
        monkeypatch.setattr(sys, "argv", ["planted", "--only", *(str(number) for number in range(1, len(given) + 1))])
        assert command["main"]() == code
        assert capsys.readouterr().out.endswith(ending + "\n")
