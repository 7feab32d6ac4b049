"""Why a later run may release a row that an earlier run hid: the causes that two manifests allow, and what each says.

A row that comes out later is a *widening*. Three causes are ordinary, and make it right: a duty window has ended, a
file of pings came late, or the roster has rows that were recorded since (the rule of late edits keeps those within the
policy's tolerance). Every other cause leaves a question that these manifests cannot answer, such as why a home moved
(specification#widening).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from offduty.verify.checks.given_inputs import NOTHING_TOLD, TableHistory
from offduty.verify.checks.rules_version import older_rules
from offduty.verify.manifest_run import TABLE_NAMES


class Weight(IntEnum):
    """What a cause says about a widening; of several possible causes the greatest counts."""

    ORDINARY = 0
    OPEN = 1
    WRONG = 2


@dataclass(frozen=True, order=True)
class Cause:
    """One possible cause: ``key`` for programs (``table:places``), ``words`` for people, and what it says."""

    key: str
    words: str
    weight: Weight


WINDOW_CLOSED = Cause("window_closed", "duty windows that were open have ended", Weight.ORDINARY)
LATE_FILE = Cause("late_file", "files of pings came late", Weight.ORDINARY)
OTHER_FILES = Cause("other_files", "the runs are over other times and read other files of pings", Weight.OPEN)
FILES_GONE = Cause("files_gone", "files of pings were taken away", Weight.OPEN)
ROSTER_RECORDED = Cause(
    "roster_recorded_since", "roster rows that were recorded since are known, within the tolerance", Weight.ORDINARY
)
POLICY = Cause("policy", "the policy changed", Weight.OPEN)
VERSION = Cause("version", "the version changed", Weight.OPEN)
DECLARATIONS = Cause("declarations", "the declarations of the tables changed", Weight.OPEN)
NO_LONGER_FUTURE = Cause("no_longer_future", "its instant is no longer in the future", Weight.OPEN)
ALTERED = "altered:"
"""How the key of such a cause begins; the table follows."""
UNEXPLAINED = Cause("unexplained", "nothing that the two runs read explains it", Weight.WRONG)


class TableChange(IntEnum):
    """What became of a table between two runs, as far as their manifests tell."""

    SAME = 0
    GROWN = 1
    """No row that the earlier run knew has changed; rows were added."""
    CHANGED = 2
    """It has no record times, and is another table."""
    UNTOLD = 3
    """It has record times, and whether a row that was known changed cannot be told."""
    ALTERED = 4
    """A row that the earlier run knew was changed or removed."""


def table_change(
    before: Mapping[str, Any], after: Mapping[str, Any], table: str, history: TableHistory = NOTHING_TOLD
) -> TableChange:
    """What became of a reference table between the runs of two manifests, and by what the auditor's files tell.

    It is the same where its files are, or its digest is: rows that were recorded since are known by a later ``as_of``
    alone (`_became_known`). Fewer rows known later than before were removed. Otherwise two digests of two instants do
    not tell whether a row that was known changed; the ``history`` does, where the auditor has the later file.
    """
    if _files(before, table) == _files(after, table):
        return TableChange.SAME
    then, now = (each.get("references", {}).get(table) for each in (before, after))
    timed = has_record_times(before, table) and has_record_times(after, table)
    if then and now and before["keys"].get("pseudonym") == after["keys"].get("pseudonym"):
        if then["digest"] == now["digest"]:
            return TableChange.SAME
        if timed and now["known"] < then["known"] and not _later(after, before):
            return TableChange.ALTERED
    only_grew = history.only_grew(before, after, table) if timed else None
    if only_grew is not None:
        return TableChange.GROWN if only_grew else TableChange.ALTERED
    return TableChange.UNTOLD if timed else TableChange.CHANGED


def has_record_times(document: Mapping[str, Any], table: str) -> bool:
    """Whether every row of a table says when it was recorded. A roster must; sites cannot."""
    if table in ("roster", "sites"):
        return table == "roster"
    return not older_rules(document) and table not in document.get("without_record_times", ())


MAY_RELEASE: dict[str, tuple[str, ...]] = {
    "unassigned": ("assignments",),
    "shared": ("assignments",),
    "off_duty": ("roster", "assignments"),
    "late_edit": ("roster", "assignments"),
    "imprecise": ("assignments",),
    "no_home": ("places", "sites", "assignments"),
    "protected_place": ("places", "sites", "assignments"),
    "home_leg": TABLE_NAMES,
    "duplicate": TABLE_NAMES,
    "quarantine:future_time": TABLE_NAMES,
}
"""By reason, the tables whose change may release the ping. A ping whose duty window was open had not been decided.

A place far from every site is read otherwise (specification#far-place), so sites count for places too.
"""
NEEDS_TIME = ("quarantine:future_time", "home_leg", "duplicate")
NEEDS_ROSTER = ("off_duty", "late_edit", "home_leg", "duplicate")


def causes(
    before: Mapping[str, Any], after: Mapping[str, Any], word: str, history: TableHistory = NOTHING_TOLD
) -> tuple[Cause, ...]:
    """What may have released a row between two manifests that had this word: a reason, or ``quarantine:`` and one.

    Never empty: `UNEXPLAINED` where nothing may.
    """
    if word == "window_open" and before["open_windows"] and _later(before, after):
        return (WINDOW_CLOSED,)
    return tuple(dict.fromkeys(_causes(before, after, word, history))) or (UNEXPLAINED,)


def _causes(before: Mapping[str, Any], after: Mapping[str, Any], word: str, history: TableHistory) -> Iterator[Cause]:
    if before["versions"]["offduty"] != after["versions"]["offduty"]:
        yield VERSION
    declared = [each.get("declarations", {}) for each in (before, after)]
    if declared[0] != declared[1]:
        yield DECLARATIONS
    if word.startswith("quarantine:") and not (word == "quarantine:future_time" and older_rules(before)):
        return
    if before["policy_sha256"] != after["policy_sha256"]:
        yield POLICY
    for table in MAY_RELEASE.get(word, ()):
        yield from _of_table(before, after, table, history)
    if _later(before, after):
        yield from _became_known(before, word)


def causes_in_pings(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Cause]:
    """Runs over other times read other files: then only a file that the earlier run did not read may explain it, and it
    cannot be told whether that came late (specification#files-read).
    """
    then, now = _files(before, "pings"), _files(after, "pings")
    same_time = all(before.get(key) == after.get(key) for key in ("interval", "context_days"))
    if now - then:
        yield LATE_FILE if same_time else OTHER_FILES
    elif same_time and then - now:
        yield FILES_GONE


def _of_table(
    before: Mapping[str, Any], after: Mapping[str, Any], table: str, history: TableHistory
) -> Iterator[Cause]:
    if table == "pings":
        yield from causes_in_pings(before, after)
        return
    change = table_change(before, after, table, history)
    if change is TableChange.CHANGED:
        yield Cause(f"table:{table}", f"{table} changed, and have no record times", Weight.OPEN)
    elif change is TableChange.UNTOLD:
        words = f"{table} changed, and whether a row that was known is another one cannot be told"
        yield Cause(f"untold:{table}", words, Weight.OPEN)
    elif change is TableChange.ALTERED:
        yield Cause(f"{ALTERED}{table}", f"rows of {table} that were known were changed or removed", Weight.WRONG)
    elif change is TableChange.GROWN and table == "roster" and _later(before, after):
        yield ROSTER_RECORDED
    elif change is TableChange.GROWN:
        yield Cause(f"recorded_since:{table}", f"rows of {table} were recorded since", Weight.OPEN)


def _became_known(before: Mapping[str, Any], word: str) -> Iterator[Cause]:
    """What a later ``as_of`` alone may have changed."""
    if word == "quarantine:future_time":
        yield NO_LONGER_FUTURE
    if before["open_windows"] and word in NEEDS_TIME:
        yield WINDOW_CLOSED
    recorded_at = before["last_recorded_at"]
    later = recorded_at and datetime.fromisoformat(recorded_at) > datetime.fromisoformat(before["as_of"])
    if later and word in NEEDS_ROSTER:
        yield ROSTER_RECORDED
    for table in ("assignments", "places"):
        if before.get("recorded_after_as_of", {}).get(table) and table in MAY_RELEASE.get(word, ()):
            yield Cause(f"recorded_since:{table}", f"rows of {table} were recorded since", Weight.OPEN)


def _later(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return datetime.fromisoformat(after["as_of"]) > datetime.fromisoformat(before["as_of"])


def _files(document: Mapping[str, Any], table: str) -> Counter[str]:
    return Counter(source["sha256"] for source in document["inputs"] if source["table"] == table)
