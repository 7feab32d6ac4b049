"""Says in one line each what a run hid, refused or passed over: what meets nothing hides nothing, and is said.

The lines are made from the manifest, so an answer that was already there says the same. They have row numbers of
assignments, rosters and pings, and of places and sites only counts (specification#silence).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from offduty.core.gap_limits import LONGEST_S
from offduty.core.instants import WITHOUT_SUMMER_TIME
from offduty.core.lazy_imports import when_used
from offduty.core.reasons import QuarantineReason, Reason
from offduty.core.refusal import VersionFault
from offduty.outputs.manifest import few

if TYPE_CHECKING:
    from offduty.pages import language
else:
    language = when_used("offduty.pages.language")

_NUMBER = re.compile(r"[0-9][0-9,.]*")
MOST_ROWS = 5
ADD = "add the right duty"
BEFORE_ROSTERS = "1990"
"""No roster that is in use was recorded wholly before this year."""
RECORDED_NOW = "recorded now: it counts from then on (a row that takes duty away hides for good)"
STAYS = (
    "Nothing that is added lifts that; correct it in its place only if no run has read it: verify calls a table"
    " altered of which a known row changed"
)
ASKED_WHERE = tuple(
    reason.word for reason in (Reason.IMPRECISE, Reason.NO_HOME, Reason.PROTECTED_PLACE, Reason.HOME_LEG)
)
"""The reasons of positions on duty that are hidden for where they were, or because that is not known."""
UNREADABLE_ROWS = "offduty docs running"
HALF = 50  # per cent
COUNTED = {
    ("assignments", "no_home"): "officers have no home on record at any time",
    ("assignments", "no_roster"): "officers who hold a device have no row in the roster: they are never on duty",
    ("roster", "no_device"): "officers of the roster are named by no assignment",
    ("roster", "unmet"): "rows are of officers whom no assignment names: they meet nobody",
    ("places", "lookalike"): "places are of an id that looks like an officer's: they protect that officer, and are no"
    " home on record",
    ("pings", "lookalike"): "pings are of a device_id that looks like an assigned one, and is none",
    ("pings", "unassigned"): "pings are of devices that nobody was ever assigned: they meet nothing",
    ("places", "far"): "places lie farther from every site than places.max_km: they protect where they lie, and are no"
    " home on record",
    ("places", "unmet"): "places are of officers whom no assignment names: they protect nobody",
    ("sites", "too_large"): "sites are larger than legs.max_site_km2: they do not count",
    ("sites", "beside"): "sites lie within places.buffer_m of somebody's place: they do not count for that officer",
}

TELLING = {
    "grows": "only ever grows with an officer's time, as an odometer does: it tells how long a hidden way was",
    "free_text": "is free text: it may name persons and places",
}


class FigureNote(str):
    """A note that gives a figure: over another time it may be the same but for its numbers, and nothing new."""

    __slots__ = ()


def subject(note: str) -> str:
    """What a note says, without the numbers of a figure: of two notes of one subject the second says nothing new."""
    return _NUMBER.sub("#", note) if isinstance(note, FigureNote) else note


def notes_of(document: Mapping[str, Any], *, quiet: bool = False) -> list[str]:
    """The lines for a manifest; empty for a run about which there is nothing to say.

    ``quiet`` lines have no row numbers, and no counts under ten (specification#small-counts).
    """
    return [
        *_released_nothing(document, quiet),
        *_quarantined(document, quiet),
        *_rows(document, "refused", partial(_unreadable, document), quiet),
        *_rows(document, "reported", partial(_doubtful, document), quiet),
        *counted_in(document),
        *_all_year(document),
        *_codes(document),
        *_timeless(document),
        *_recorded_long_ago(document),
        *timing_in(document),
        *_not_there(document, quiet),
        *_ignored(document),
        *_passed_over(document),
        *_telling(document),
    ]


def _released_nothing(document: Mapping[str, Any], quiet: bool) -> Iterator[str]:
    counts = {word: count for word, count in document["counts"].items() if count}
    if not counts:
        yield "nothing was released: no ping lies in the interval"
    elif not counts.get(Reason.ON_DUTY.word):
        common = Counter(counts).most_common(3)
        commonest = ", ".join(f"{word} ({_number(count, quiet)})" for word, count in common)
        yield f"nothing was released; the commonest reasons: {commonest}"
        yield language.ENGLISH.say(f"check_next.nothing_{hidden_most_by(document)}")


def hidden_most_by(document: Mapping[str, Any]) -> str:
    """The word of the reason to look at first where nothing was released; `unreadable` where most rows were not read.

    Most positions of a day are off duty, and that is right. So where more than one in twenty got as far as being asked
    where they were, it is the commonest of these answers, and otherwise the commonest of all.
    """
    counts: Mapping[str, int] = document["counts"]
    if sum(document["quarantined"].values()) > sum(counts.values()):
        return "unreadable"
    where = {word: counts.get(word, 0) for word in ASKED_WHERE}
    asked = where if sum(where.values()) * 20 > sum(counts.values()) else counts
    return max(sorted(asked), key=lambda word: asked[word])


def _quarantined(document: Mapping[str, Any], quiet: bool) -> Iterator[str]:
    for reason in QuarantineReason:
        count = document["quarantined"].get(reason.word, 0)
        if count:
            yield f"{_many(count, 'row', quiet)} of pings quarantined, {reason.word}: {reason.because}"


def _unreadable(document: Mapping[str, Any], table: str, why: str) -> tuple[str, str]:
    """What becomes of a row that cannot be read, and what lifts that: whoever corrects a row of a table with record
    times in its place changes what runs have read, and `verify` says so for ever (specification#bad-reference-rows).
    """
    if table == "sites":
        return "not readable, so no workplace", "correct it, or add the right one, and run again"
    if table == "roster":
        return _unreadable_version(why)
    if table in document.get("without_record_times", ()):
        return "not readable, hiding more", "correct it in its place, and run again"
    return "not readable, hiding more", STAYS


def _unreadable_version(why: str) -> tuple[str, str]:
    faults = VersionFault.all_in(why)
    if VersionFault.NO_SHIFT in faults:
        return "not readable, hiding more", STAYS
    if faults & {VersionFault.CLASH, VersionFault.NO_RECORD_TIME}:
        return "not readable, hiding more", f"leave it; {ADD} under a new shift_id, {RECORDED_NOW}"
    return "not readable, hiding more", f"leave it; {ADD} as a later version of its shift, {RECORDED_NOW}"


def _doubtful(document: Mapping[str, Any], table: str, why: str) -> tuple[str, str]:
    return "read with doubt", ""


def _rows(
    document: Mapping[str, Any], key: str, about: Callable[[str, str], tuple[str, str]], quiet: bool
) -> Iterator[str]:
    """One line for each table and reason, with the first rows of each file."""
    names = {entry["file"]: entry["name"] for entry in document["inputs"]}
    entries = sorted(document.get(key, ()), key=lambda row: (row["table"], row["why"], row["file"], row["row"]))
    for (table, why), group in groupby(entries, key=lambda row: (row["table"], row["why"])):
        rows = list(group)
        what, step = about(table, why)
        line = f"{table}: {_many(len(rows), 'row', quiet)} {what} ({why})"
        line += f". {step[:1].upper()}{step[1:]} ({UNREADABLE_ROWS})" if step else ""
        if quiet:
            yield line
            continue
        some = ", ".join(f"{names[row['file']]} row {row['row']}" for row in rows[:MOST_ROWS])
        more = f" and {len(rows) - MOST_ROWS:,} more" if len(rows) > MOST_ROWS else ""
        yield f"{line}: {some}{more} (counted from 0)"


def counted_in(document: Mapping[str, Any], words: Callable[[int], str] | None = None) -> Iterator[str]:
    """What was found of rows that are only counted, one line for each table and finding.

    ``words`` says how a count is written; without it a count is written in full.
    """
    for table, found in document.get("reported_counts", {}).items():
        for what, count in found.items():
            written = (words or _with_commas)(int(count)) if count.isdigit() else count
            yield f"{table}: {written} {COUNTED[table, what]}"


def _with_commas(count: int) -> str:
    return f"{count:,}"


def _all_year(document: Mapping[str, Any]) -> Iterator[str]:
    for table, declared in document.get("declarations", {}).items():
        if declared.get("time_zone") in WITHOUT_SUMMER_TIME:
            yield f"{table}: the declared time zone knows no summer time: it is read so, and also as the policy's zone"


def _codes(document: Mapping[str, Any]) -> Iterator[str]:
    if document.get("taking_codes"):
        yield f"roster: codes that take duty away: {', '.join(document['taking_codes'])}"


def _timeless(document: Mapping[str, Any]) -> Iterator[str]:
    tables = document.get("without_record_times")
    if tables:
        yield f"{', '.join(tables)}: rows without a record time: whatever is edited in them later is not noticed"


def _recorded_long_ago(document: Mapping[str, Any]) -> Iterator[str]:
    """Then nothing is a late edit. Seconds that are declared as milliseconds are days in January 1970."""
    newest = str(document.get("last_recorded_at") or "")
    if newest and newest < BEFORE_ROSTERS:
        yield (
            f"roster: no row was recorded after {newest[:4]}, so no edit is late; look how recorded_at is written, and"
            " which times are declared for it (seconds are unix_s)"
        )


def timing_in(document: Mapping[str, Any]) -> Iterator[str]:
    """How the positions lie in time, one line for each figure."""
    timing = document.get("timing", {})
    if "usual_gap_s" in timing:
        yield FigureNote(f"pings: {usual_gap(timing['usual_gap_s'], longest_gap(document['policy']))}")
    if "silent_percent" in timing:
        yield FigureNote(f"pings: {timing['silent_percent']} % of duty time lies in gaps longer than legs.max_gap_s")
    if "released_percent" in timing:
        choices = ", ".join(f"{share} % with {choice} s" for choice, share in by_choice(timing).items())
        yield FigureNote(f"pings: of the positions off sites legs.max_gap_s would release {choices}")
    if "around_duty_percent" in timing and not is_all_day(timing["around_duty_percent"]):
        yield FigureNote(f"pings: {around_duty(timing['around_duty_percent'])}")


def by_choice(timing: Mapping[str, Any]) -> dict[int, int]:
    """What each choice of ``legs.max_gap_s`` would release, in per cent, by seconds in order."""
    return dict(sorted((int(choice), share) for choice, share in timing["released_percent"].items()))


def longest_gap(policy: Mapping[str, Any]) -> int | None:
    """``legs.max_gap_s`` of a policy in a manifest; None where the rule of legs is off, and a silence means nothing."""
    return None if policy["legs"]["rule"] == "off" else int(policy["legs"]["max_gap_s"])


def usual_gap(usual_s: int, max_gap_s: int | None) -> str:
    """The usual time between two positions in words, with a warning where ``legs.max_gap_s`` is too near to it."""
    usual = f"usually {'an hour or more' if usual_s >= LONGEST_S else f'{usual_s} s'} between two positions on duty"
    if max_gap_s is None:
        return usual
    text = f"{usual}; legs.max_gap_s is {max_gap_s}"
    return f"{text}: too near, it should be two to three times the timer" if is_slow(usual_s, max_gap_s) else text


def is_slow(usual_s: int, max_gap_s: int | None) -> bool:
    """Whether the usual time between two positions is over half of ``legs.max_gap_s``: many gaps will be longer."""
    return max_gap_s is not None and 2 * usual_s > max_gap_s


def around_duty(percent: Mapping[str, int]) -> str:
    """How many positions there are around duty in words, with a warning where a time zone may be wrong, and a word
    where it cannot be seen.
    """
    text = (
        f"around duty: {percent['before']} % in the hour before it, {percent['first']} % in its first and"
        f" {percent['last']} % in its last hour, {percent['after']} % in the hour after it"
    )
    if is_shifted(percent):
        return f"{text}: is a time zone wrong by an hour?"
    return f"{text}: {ALL_DAY}" if is_all_day(percent) else text


ALL_DAY = "devices report off duty too, so a time zone that is wrong by an hour cannot be seen here"


def is_all_day(percent: Mapping[str, int]) -> bool:
    """Whether devices report about as often before and after duty as in it: then the hours say nothing of a zone."""
    return percent["before"] >= HALF and percent["after"] >= HALF and not is_shifted(percent)


def is_shifted(percent: Mapping[str, int]) -> bool:
    """Whether duty seems to be written too late or too early: the hour beside it is full, and its other end empty."""
    late = percent["before"] >= HALF and 2 * percent["last"] < percent["before"]
    return late or (percent["after"] >= HALF and 2 * percent["first"] < percent["after"])


def _not_there(document: Mapping[str, Any], quiet: bool) -> Iterator[str]:
    for table, count in document.get("recorded_after_as_of", {}).items():
        yield f"{table}: {_many(count, 'row', quiet)} recorded after as_of: not there for this run"
    if document.get("after_as_of"):
        count = document["after_as_of"]
        them = "it" if count == 1 and not quiet else "them"
        yield f"{_many(count, 'ping', quiet)} after as_of: not decided; a later run decides {them}"


def _ignored(document: Mapping[str, Any]) -> Iterator[str]:
    for table, columns in document["columns_ignored"].items():
        yield f"{table}: columns that are not used: {', '.join(columns)}"


def _passed_over(document: Mapping[str, Any]) -> Iterator[str]:
    for table, count in document.get("names_passed_over", {}).items():
        names = "1 name that begins" if count == 1 else f"{count:,} names that begin"
        yield f"{table}: {names} with . or _ passed over"


def _telling(document: Mapping[str, Any]) -> Iterator[str]:
    for name, what in document.get("telling_columns", {}).items():
        yield f"release.extra_columns: the column {name!r} {TELLING[what]}"


def _many(count: int, what: str, quiet: bool) -> str:
    return f"{_number(count, quiet)} {what}{'' if count == 1 and not quiet else 's'}"


def _number(count: int, quiet: bool) -> str:
    return few(count) if quiet else f"{count:,}"
