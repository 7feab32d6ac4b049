"""What of a roster was changed after the fact, and with what effect: the signals R1 to R8 of the roster audit.

Every signal is a fact about records, to the microsecond; none says why. Duty is that of the filter
(specification#duty-rule), with no tolerance: the question is what was known at the instant itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from offduty.analyses.recorded_versions import RecordedVersions
from offduty.arrays.arrow import Bools, Ints
from offduty.arrays.sweep import CoveredStretches, sweep
from offduty.core.duckdb_connection import DuckDBConnection
from offduty.core.instants import NEVER_US
from offduty.duty.on_duty import DutyClaims, grants, takings

COLUMNS = ["entry", "signal", "us", "at_us"]
WITH_EFFECT = ("R2", "R6", "R8")
"""Signals whose time is a measure of duty."""

_SEVERAL = """
SELECT DISTINCT parts.part, claims.entry, claims.shift
FROM parts JOIN claims ON parts.officer = claims.officer AND claims.lo <= parts.lo AND parts.hi <= claims.hi
"""
_OVER_REST = """
SELECT DISTINCT late.entry
FROM late JOIN rest ON late.officer = rest.officer AND late.lo < rest.hi AND rest.lo < late.hi
WHERE rest.lo < rest.hi AND rest.known < late.recorded AND late.recorded <= rest.until
"""


def all_signals(
    versions: RecordedVersions, as_of_us: int, rest_codes: tuple[str, ...], officer_of: Mapping[str, str]
) -> pd.DataFrame:
    """A row for each signal of each version: ``entry`` (its number), ``signal``, ``us`` and ``at_us``.

    ``us`` is how long: after its start the grant was recorded (R1), how long the version between stood (R5), or how
    much duty it concerns (R2, R6, R8); 0 for the others. ``at_us`` is when the shift begins, or the stretch
    of duty. ``officer_of`` has the officer of each recorder; where it is empty R4 is not assessed. No versions, no
    rows.
    """
    roster = versions.roster
    mine, contradicting = roster.officer >= 0, _contradicting(versions)
    parts = [
        _late_grants(versions),
        *_net_minutes(versions, as_of_us),
        _over_rest(versions, rest_codes),
        _own_records(versions, officer_of),
        _reversals(versions, contradicting),
        _contradictions(versions, contradicting),
    ]
    found: pd.DataFrame = pd.concat([part for part in parts if len(part)] or [_signal("R1", np.zeros(0, np.int64))])
    kept: pd.DataFrame = found[mine[found["entry"].to_numpy()]].reset_index(drop=True)
    return kept


def late_grants(versions: RecordedVersions) -> Bools:
    """Which versions grant duty and were recorded after its beginning. A grant of no time grants nothing."""
    roster = versions.roster
    return roster.grants & (roster.recorded > roster.starts_late) & (roster.starts_late < roster.ends_early)


def _signal(name: str, entry: Ints, us: Ints | None = None, at_us: Ints | None = None) -> pd.DataFrame:
    zeros = np.zeros(len(entry), np.int64)
    values = {"us": zeros if us is None else us, "at_us": zeros if at_us is None else at_us}
    return pd.DataFrame({"entry": entry, "signal": name, **values}, columns=COLUMNS)


def _late_grants(versions: RecordedVersions) -> pd.DataFrame:
    """R1: a grant recorded after its start."""
    roster = versions.roster
    entry = np.flatnonzero(late_grants(versions))
    return _signal("R1", entry, roster.recorded[entry] - roster.starts_late[entry], roster.starts_late[entry])


def _net_minutes(versions: RecordedVersions, as_of_us: int) -> list[pd.DataFrame]:
    """R2: duty now that was none then. R8: duty then that is none now. R6: duty that two shifts grant at once."""
    granting, taking = grants(versions.roster), takings(versions.roster)
    kinds = [granting.at(as_of_us), taking.at(as_of_us), granting.when_taken(0), taking.when_taken(0)]
    parts = _overlaid(kinds)
    on_now, off_now, on_then, off_then = parts.sums[:, :4].T
    now, then = (on_now > 0) & (off_now == 0), (on_then > 0) & (off_then == 0)
    shift = versions.roster.shift
    return [
        _measured("R2", parts, now & ~then, _first(kinds[0], shift, parts, on_now, parts.sums[:, 4], now & ~then)),
        _measured("R8", parts, then & ~now, _first(kinds[2], shift, parts, on_then, parts.sums[:, 5], then & ~now)),
        _twice_granted(kinds[0], shift, parts, on_now > 1),
    ]


def _overlaid(kinds: list[DutyClaims]) -> CoveredStretches:
    """The four kinds of claims over each other. Two more sums add up the numbers of the entries that grant now and that
    granted then: where that is one entry, it is the entry's number.
    """
    weights = np.concatenate(
        [np.tile(np.eye(6, dtype=np.int64)[kind], (len(c.officer), 1)) for kind, c in enumerate(kinds)]
    )
    begin = len(kinds[0].officer) + len(kinds[1].officer)
    weights[: len(kinds[0].officer), 4] = kinds[0].entry
    weights[begin : begin + len(kinds[2].officer), 5] = kinds[2].entry
    owner, lo, hi = (np.concatenate([getattr(c, name) for c in kinds]) for name in ("officer", "lo", "hi"))
    return sweep(owner, lo, hi, weights)


def _measured(name: str, parts: CoveredStretches, which: Bools, entry: Ints) -> pd.DataFrame:
    lo, hi = parts.from_us[which], parts.to_us[which]
    return _signal(name, entry[which], hi - lo, lo)


def _first(claims: DutyClaims, shift: Ints, parts: CoveredStretches, on: Ints, entries: Ints, which: Bools) -> Ints:
    """The entry that grants each of these stretches: the first by shift, where several do."""
    entry = entries.copy()
    several = _several(claims, shift, parts, which & (on > 1))
    first = several.groupby("part")["entry"].min()
    entry[first.index.to_numpy()] = first.to_numpy()
    return entry


def _several(claims: DutyClaims, shift: Ints, parts: CoveredStretches, which: Bools) -> pd.DataFrame:
    """The pairs of such a stretch (``part``) and an ``entry`` that grants it, with the entry's ``shift``."""
    where = np.flatnonzero(which)
    stretches = {"part": where, "officer": parts.owner[where], "lo": parts.from_us[where], "hi": parts.to_us[where]}
    granting = {"entry": claims.entry, "officer": claims.officer, "lo": claims.lo, "hi": claims.hi}
    return _asked(
        _SEVERAL, parts=pd.DataFrame(stretches), claims=pd.DataFrame({**granting, "shift": shift[claims.entry]})
    )


def _twice_granted(claims: DutyClaims, shift: Ints, parts: CoveredStretches, which: Bools) -> pd.DataFrame:
    """R6: each version that grants a stretch which a version of another shift grants, too."""
    pairs = _several(claims, shift, parts, which)
    pairs = pairs[pairs.groupby("part")["shift"].transform("nunique") > 1]
    part = pairs["part"].to_numpy(np.int64)
    lo, hi = parts.from_us[part], parts.to_us[part]
    return _signal("R6", pairs["entry"].to_numpy(np.int64), hi - lo, lo)


def _over_rest(versions: RecordedVersions, rest_codes: tuple[str, ...]) -> pd.DataFrame:
    """R3: a late grant over an entry of rest, leave or sickness that stood when it was recorded, or was undone then."""
    roster, claims = versions.roster, takings(versions.roster)
    codes = np.flatnonzero([code in rest_codes for code in roster.codes] + [False])
    resting = np.isin(roster.code[claims.entry], codes) & (claims.known > NEVER_US)
    entry = np.flatnonzero(late_grants(versions))
    late = {
        "entry": entry,
        "officer": roster.officer[entry],
        "lo": roster.starts_late[entry],
        "hi": roster.ends_early[entry],
        "recorded": roster.recorded[entry],
    }
    rest = {name: getattr(claims, name)[resting] for name in ("officer", "lo", "hi", "known", "until")}
    found = _asked(_OVER_REST, late=pd.DataFrame(late), rest=pd.DataFrame(rest))["entry"].to_numpy(np.int64)
    return _signal("R3", found, at_us=roster.starts_late[found])


def _own_records(versions: RecordedVersions, officer_of: Mapping[str, str]) -> pd.DataFrame:
    """R4: the recorder or the approver is whom the version is about."""
    number_of = {text: number for number, text in enumerate(versions.officers)}
    numbers = {who: number_of.get(officer, -2) for who, officer in officer_of.items()}
    own = np.zeros(len(versions), np.bool_)
    for writers in versions.writers.values():
        codes, names = pd.factorize(writers)
        own |= np.array([*(numbers.get(who, -2) for who in names), -2], np.int64)[codes] == versions.roster.officer
    entry = np.flatnonzero(own)
    return _signal("R4", entry, at_us=versions.roster.starts_late[entry])


def _reversals(versions: RecordedVersions, contradicting: Bools) -> pd.DataFrame:
    """R5: a version that says again what the one before the last said."""
    roster = versions.roster
    again = (roster.shift[1:] == roster.shift[:-1]) & (versions.version[1:] == versions.version[:-1])
    first = np.flatnonzero(~np.append(False, again)[: len(versions)])
    shift, content = roster.shift[first], versions.content[first]
    back = (shift[2:] == shift[:-2]) & (content[2:] == content[:-2]) & (content[1:-1] != content[2:])
    entry, between = first[2:][back], first[1:-1][back]
    plain = ~np.isin(roster.shift[entry], roster.shift[contradicting])
    entry, between = entry[plain], between[plain]
    return _signal("R5", entry, roster.recorded[entry] - roster.recorded[between], roster.starts_late[entry])


def _contradictions(versions: RecordedVersions, contradicting: Bools) -> pd.DataFrame:
    """R7: versions of one shift and one record time that say otherwise."""
    entry = np.flatnonzero(contradicting)
    return _signal("R7", entry, at_us=versions.roster.starts_late[entry])


def _contradicting(versions: RecordedVersions) -> Bools:
    """Which versions have another content than one of the same shift and record time. The versions are sorted so that
    these stand together.
    """
    shift, version, content = versions.roster.shift, versions.version, versions.content
    first = np.ones(len(versions), np.bool_)
    first[1:] = (shift[1:] != shift[:-1]) | (version[1:] != version[:-1])
    group = np.cumsum(first) - 1
    unlike = content != content[np.flatnonzero(first)][group]
    return np.asarray(np.bincount(group, unlike, minlength=1)[group] > 0, np.bool_) if len(versions) else first


def _asked(query: str, **tables: pd.DataFrame) -> pd.DataFrame:
    """What DuckDB answers about these tables; the order of its rows means nothing."""
    with DuckDBConnection.open() as con, con.showing(**tables):
        answer: pd.DataFrame = con.ask(query).to_pandas()
    return answer


def cut_offs_before(us: Ints, day: int, zone: str) -> Ints:
    """For each instant how many cut-offs for pay were before it; all 0 where no ``day`` of the month is one."""
    if not day or not len(us):
        return np.zeros(len(us), np.int64)
    local = pd.DatetimeIndex(us.astype("datetime64[us]")).tz_localize("UTC").tz_convert(zone)
    return np.asarray(local.year * 12 + local.month - (local.day < day), np.int64)
