"""Rules that would give positions back: proposed and measured here, and in no policy.

A hold that spares ends of duties at a workplace, sites outside of the duty and stops far from any home that count as
anchors. All are applied to what devices sent, which the filter would know and an attacker does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.arrays.arrow import Codes
from offduty.arrays.concatenated_ranges import concatenated_ranges
from offduty.decision.legs import ANCHOR, CANDIDATE, CONTACT, after_silence, between_anchors, is_candidate
from offduty.redteam.attacker_view import Flags, Floats, Ints, KnownDuties, VisibleRows
from offduty.redteam.attacks.adaptive import HoldRule
from offduty.redteam.scenarios import DeviceStream

SIMULATED = "the defaults, simulated"
PROPOSED = "proposed: no hold at a site"
BEFORE = "proposed: no hold at a site where one was before"
CROWD = "proposed: no hold at a site where ten officers begin"
BEYOND = "proposed: sites outside of the duty count"
STOPS = "tried: stops 1 km from home are anchors"
GENTLER = {
    SIMULATED: HoldRule(hold_s=900, max_gap_s=300, beyond_s=1),
    PROPOSED: HoldRule(hold_s=900, max_gap_s=300, spare_s=180),
    BEFORE: HoldRule(hold_s=900, max_gap_s=300, spare_s=180, spare_before=True),
    CROWD: HoldRule(hold_s=900, max_gap_s=300, spare_s=180, spare_officers=10),
    BEYOND: HoldRule(hold_s=900, max_gap_s=300, beyond_s=7_200),
    STOPS: HoldRule(hold_s=900, max_gap_s=300, stops_m=1_000),
}
"""What would give positions back, and is in no policy. The first gives nothing back: it is there to compare with."""
NEAR_M = 120.0  # of the middle of a site
MOST_M, FACTOR = 100.0, 2.0  # `accuracy.max_m` and `accuracy.factor` of the default policy
GAP_US, SECOND_US = 300_000_000, 1_000_000
STOP_S, STOP_M = 300.0, 80.0  # a stop: within so many metres for so long


@dataclass(frozen=True)
class SiteEnds:
    """Which duties begin and end at a site, one entry per duty of the roster."""

    begins: Flags
    ends: Flags


def site_ends(pings: DeviceStream, roster: KnownDuties, sites_m: Floats, own: Flags, rule: HoldRule) -> SiteEnds:
    """The duties whose first ping is at a site (`own`, by ping), at most `rule.spare_s` after the roster's start, and
    whose last ping is one likewise. With `rule.spare_before` the last ping before the duty, or the first one after it,
    is at a site, too, and as near in time. With `rule.spare_officers` so many officers have a duty that begins, or
    ends, at that site.
    """
    entry = pings.who * (int(roster.duty.max()) + 1) + pings.duty
    since_s, left_s = pings.t_s - roster.start_s[entry], roster.end_s[entry] - pings.t_s
    on, flags = (since_s >= 0) & (left_s > 0), []
    for away_s in (since_s, left_s):
        rows = _nearest(entry, away_s, on, own, rule.spare_s)
        rows = rows[_crowded(pings, rows, sites_m, rule.spare_officers)]
        found = _flags(entry[rows], len(roster.who))
        if rule.spare_before:
            outside = (since_s < 0) if away_s is since_s else (left_s <= 0)
            found &= _flags(entry[_nearest(entry, -away_s, outside, own, rule.spare_s)], len(roster.who))
        flags.append(found)
    return SiteEnds(*flags)


def at_own_site(pings: DeviceStream, homes_m: Floats, sites_m: Floats, fence_m: float) -> Flags:
    """Which pings are at what is a site for their officer: not one that comes within the fence of a home. `homes_m` is
    (officers, homes, 2), `fence_m` the radius within which no home may be seen.
    """
    found = np.zeros(len(pings), bool)
    for x_m, y_m in sites_m:
        away_m = np.hypot(homes_m[:, :, 0] - x_m, homes_m[:, :, 1] - y_m)
        own = ~(away_m <= fence_m + NEAR_M).any(axis=1)
        found |= (np.hypot(pings.x_m - x_m, pings.y_m - y_m) < NEAR_M) & own[pings.who]
    return found


def near_any(x_m: Floats, y_m: Floats, points_m: Floats, near_m: float = NEAR_M) -> Flags:
    """Which positions are within `near_m` of one of some points."""
    near = np.zeros(len(x_m), bool)
    for at_x, at_y in points_m:
        near |= np.hypot(x_m - at_x, y_m - at_y) < near_m
    return near


def _nearest(entry: Ints, away_s: Floats, some: Flags, own: Flags, within_s: float) -> Ints:
    """Of each duty the one ping of `some` that is the nearest in time to an end, where it is at a site, and near
    enough.
    """
    rows = np.flatnonzero(some)
    rows = rows[np.lexsort((away_s[rows], entry[rows]))]
    new = np.ones(len(rows), bool)
    new[1:] = entry[rows][1:] != entry[rows][:-1]
    first: Ints = rows[new]
    return first[own[first] & (away_s[first] <= within_s)]


def _crowded(pings: DeviceStream, rows: Ints, sites_m: Floats, officers: int) -> Flags:
    """Which of these rows, one for each end of a duty, are at a site where so many officers have such an end."""
    away_m = np.hypot(pings.x_m[rows, None] - sites_m[:, 0], pings.y_m[rows, None] - sites_m[:, 1])
    site, who = away_m.argmin(axis=1), pings.who[rows]
    pairs = np.unique(np.stack([site, who], axis=1), axis=0)
    count: Ints = np.bincount(pairs[:, 0], minlength=len(sites_m))
    crowded: Flags = count[site] >= officers
    return crowded


def _flags(entry: Ints, duties: int) -> Flags:
    """Which duties are named, one flag for each duty of the roster."""
    found = np.zeros(duties, bool)
    found[entry] = True
    return found


def hold_unless_at_site(visible: VisibleRows, roster: KnownDuties, at_site: SiteEnds, hold_s: float) -> VisibleRows:
    """What is left of a release without a hold if the hold were only for an end of a duty that is not at a site. It
    gives back rows that the hold hides.
    """
    if not len(visible):
        return visible
    entry = visible.who * (int(roster.duty.max()) + 1) + visible.duty
    since_s, left_s = visible.t_s - roster.start_s[entry], roster.end_s[entry] - visible.t_s
    shown = (at_site.begins[entry] | (since_s >= hold_s)) & (at_site.ends[entry] | (left_s > hold_s))
    return visible.take(np.flatnonzero(shown))


def simulate(
    pings: DeviceStream, roster: KnownDuties, homes_m: Floats, sites_m: Floats, fence_m: float, rule: HoldRule
) -> VisibleRows:
    """What the rules of legs, of silence and of the hold would release of these pings (specification#leg-rule), with
    what `rule` gives back. `homes_m` is (officers, homes, 2), `fence_m` the radius within which no home may be seen. It
    knows of no places but homes.
    """
    away_m = np.full(len(pings), np.inf)
    for home in homes_m.transpose(1, 0, 2):
        away_m = np.fmin(away_m, np.hypot(pings.x_m - home[pings.who, 0], pings.y_m - home[pings.who, 1]))
    contact = away_m <= fence_m + FACTOR * np.where(pings.accuracy_m > 0, pings.accuracy_m.clip(0, MOST_M), MOST_M)
    anchor = at_own_site(pings, homes_m, sites_m, fence_m)
    if rule.stops_m:
        anchor |= stops(pings) & (away_m > rule.stops_m)
    heard = contact | ((pings.accuracy_m > 0) & (pings.accuracy_m <= MOST_M))
    rows, entry = _rows_of_duties(pings, roster, heard, rule.beyond_s)
    kind = np.where(contact[rows], CONTACT, np.where(anchor[rows], ANCHOR, CANDIDATE)).astype(np.uint8)
    us = np.rint(pings.t_s[rows] * SECOND_US).astype(np.int64)
    proven = is_candidate(kind) & between_anchors(entry, us, kind, after_silence(entry, us, GAP_US))
    since_s, left_s = pings.t_s[rows] - roster.start_s[entry], roster.end_s[entry] - pings.t_s[rows]
    begins, ends = _spared(entry, since_s < 0, proven), _spared(entry[::-1], left_s[::-1] <= 0, proven[::-1])[::-1]
    shown = proven & (since_s >= np.where(begins, 0, rule.hold_s)) & (left_s > np.where(ends, 0, rule.hold_s))
    some = rows[shown]
    columns = (pings.t_s[some] // 60.0 * 60.0, pings.x_m[some], pings.y_m[some], pings.accuracy_m[some])
    return VisibleRows.in_order(pings.who[some], roster.duty[entry[shown]], *columns, len(homes_m))


def _rows_of_duties(pings: DeviceStream, roster: KnownDuties, some: Flags, beyond_s: float) -> tuple[Ints, Codes]:
    """The pings of each duty, and of so many seconds before and after it, in order of time; and the duty of each."""
    order = np.flatnonzero(some)
    order = order[np.lexsort((pings.t_s[order], pings.who[order]))]
    low_s = float(min(pings.t_s.min(initial=0), roster.start_s.min(initial=0))) - beyond_s
    width_s = float(max(pings.t_s.max(initial=0), roster.end_s.max(initial=0))) + beyond_s - low_s + 1
    key = pings.who[order] * width_s + pings.t_s[order] - low_s
    first = np.searchsorted(key, roster.who * width_s + roster.start_s - beyond_s - low_s)
    last = np.searchsorted(key, roster.who * width_s + roster.end_s + beyond_s - low_s)
    count = np.maximum(last - first, 0)
    entry = np.repeat(np.arange(len(roster.who)), count)
    return order[concatenated_ranges(first, count)], entry.astype(np.int32)


def _spared(entry: Codes, outside: Flags, proven: Flags) -> Flags:
    """For each row in order whether the last row outside of its duty, before it, is proven to be between anchors."""
    place = np.maximum.accumulate(np.where(outside, np.arange(len(entry)), -1))
    found: Flags = (place >= 0) & proven[place] & (entry[place] == entry)
    return found


def stops(pings: DeviceStream) -> Flags:
    """Which pings belong to a stop: half of `STOP_S` before and after it the device was within `STOP_M` of it."""
    order = np.lexsort((pings.t_s, pings.who))
    who, t_s, x_m, y_m = pings.who[order], pings.t_s[order], pings.x_m[order], pings.y_m[order]
    width_s = float(t_s.max(initial=0) - t_s.min(initial=0)) + 2 * STOP_S
    key = who * width_s + t_s
    still = np.ones(len(order), bool)
    for step_s in (-STOP_S / 2, STOP_S / 2):
        other = np.searchsorted(key, key + step_s, side="left" if step_s > 0 else "right") - (step_s < 0)
        other = other.clip(0, max(len(order) - 1, 0))
        still &= (who[other] == who) & (np.abs(t_s[other] - t_s) <= STOP_S)
        still &= np.hypot(x_m[other] - x_m, y_m[other] - y_m) < STOP_M
    found = np.zeros(len(order), bool)
    found[order] = still
    return found
