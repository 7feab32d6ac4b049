"""The leg rule at its limits: silences, passes, and stretches that begin and end at work."""

from __future__ import annotations

import numpy as np
import pytest

from offduty.decision.legs import (
    ANCHOR,
    CANDIDATE,
    CONTACT,
    CONTACT_FOR_EVERYONE,
    after_silence,
    between_anchors,
    instants_of,
    passing,
)

S = 1_000_000
KINDS = {"c": CONTACT, "e": CONTACT_FOR_EVERYONE, "-": CANDIDATE, "a": ANCHOR}


def arrays(kinds: str, seconds: list[int] | None = None, windows: list[int] | None = None):
    """Pings by a letter each: `a` anchor, `-` candidate, `c` and `e` contacts; a minute apart, in one window."""
    count = len(kinds)
    window = np.array(windows or [0] * count, np.int32)
    us = np.array([60 * n for n in range(count)] if seconds is None else seconds, np.int64) * S
    return window, us, np.array([KINDS[letter] for letter in kinds], np.uint8)


def between(kinds: str, seconds: list[int] | None = None, windows: list[int] | None = None, gap_s: int = 10**9) -> str:
    """The pings that lie between two anchors, as `x`."""
    window, us, kind = arrays(kinds, seconds, windows)
    found = between_anchors(window, us, kind, after_silence(window, us, gap_s * S))
    return "".join("x" if proven else "." for proven in found)


def passed(kinds: str, seconds: list[int] | None = None, windows: list[int] | None = None, pass_s: int = 120) -> str:
    """The contacts that only pass by, as `p`."""
    window, us, kind = arrays(kinds, seconds, windows)
    return "".join("p" if one else "." for one in passing(window, us, kind, pass_s * S))


@pytest.mark.parametrize(
    ("kinds", "proven"),
    [
        ("", ""),
        ("-", "."),
        ("a", "x"),
        ("-a-", ".x."),
        ("a--a", "xxxx"),
        ("a-c-a", "x...x"),
        ("a-e-a", "x...x"),
        ("ca-ac", ".xxx."),
        ("a-ac-a", "xxx..x"),
        ("cc", ".."),
    ],
)
def test_a_stretch_begins_and_ends_at_work(kinds, proven):
    """With no contact between; an anchor alone lies between itself and itself."""
    assert between(kinds) == proven


@pytest.mark.parametrize(
    ("kinds", "seconds", "proven"),
    [
        ("a-a", [0, 60, 60], "xxx"),  # an anchor at the same instant is after it, too
        ("ac-a", [0, 0, 60, 120], "...x"),  # a contact at the anchor's instant
        ("a-ca", [0, 60, 60, 120], "x..x"),  # a contact at the ping's instant
        ("a-ac", [0, 60, 120, 120], "x..."),
    ],
)
def test_a_contact_at_the_same_instant_stands_between(kinds, seconds, proven):
    """The order within an instant means nothing."""
    assert between(kinds, seconds) == proven
    window, us, kind = arrays(kinds, seconds)
    turned = np.lexsort((-np.arange(len(us)), us))
    again = between_anchors(window, us[turned], kind[turned])
    assert "".join("x" if p else "." for p in again[np.argsort(turned)]) == proven


def test_an_anchor_of_another_window_proves_nothing():
    """The ends of a window stand as contacts."""
    assert between("a--a", windows=[0, 0, 1, 1]) == "x..x"
    assert between("a-aa", windows=[0, 0, 0, 1]) == "xxxx"


# Silences.


@pytest.mark.parametrize(("gap", "silent"), [(300, False), (301, True)])
def test_exactly_the_limit_is_no_silence(gap, silent):
    """More than `max_gap_s` is one, to the microsecond."""
    assert between("a-a", [0, 60, 60 + gap], gap_s=300) == ("x.x" if silent else "xxx")
    window, us, _ = arrays("--", [0, 300])
    us[1] += 1
    assert after_silence(window, us, 300 * S).tolist() == [False, True]
    us[1] -= 1
    assert after_silence(window, us, 300 * S).tolist() == [False, False]


def test_a_silence_stands_between_its_two_instants():
    """Neither at the one nor at the other: an anchor on either side keeps its own."""
    assert between("a-aa-a", [0, 60, 120, 1000, 1060, 1120], gap_s=300) == "xxxxxx"
    assert between("a--a", [0, 60, 1000, 1060], gap_s=300) == "x..x"
    assert between("aa", [0, 1000], gap_s=300) == "xx"


def test_a_contact_ends_a_silence():
    """It says where the officer was; what passes by does so, too."""
    assert after_silence(*arrays("aca", [0, 200, 400])[:2], 300 * S).any() == np.False_
    assert after_silence(*arrays("aa", [0, 400])[:2], 300 * S).tolist() == [False, True]


def test_the_first_ping_of_a_window_comes_after_no_silence():
    """The end of a window is a contact anyway."""
    window, us, _ = arrays("----", [0, 10, 5000, 9000], [0, 0, 1, 1])
    assert after_silence(window, us, 300 * S).tolist() == [False, False, False, True]


def test_several_pings_of_an_instant_after_a_silence():
    """Whichever of them comes first in the array, the silence lies before the instant."""
    window, us, kind = arrays("a-aa", [0, 1000, 1000, 1060])
    silent = after_silence(window, us, 300 * S)
    assert silent.tolist() == [False, True, False, False]
    assert between_anchors(window, us, kind, silent).tolist() == [True, True, True, True]
    window, us, kind = arrays("aa--a", [0, 60, 1000, 1000, 1060])
    assert between_anchors(window, us, kind, after_silence(window, us, 300 * S)).tolist() == [
        True,
        True,
        False,
        False,
        True,
    ]


# Passing by.


@pytest.mark.parametrize(("apart", "passes"), [(120, True), (121, False)])
def test_passing_at_exactly_the_limit(apart, passes):
    """The instants before and after lie no more than `pass_by_s` apart, to the microsecond."""
    assert passed("-e-", [0, 60, apart]) == (".p." if passes else "...")
    window, us, kind = arrays("-e-", [0, 60, 120])
    us[2] += 1
    assert not passing(window, us, kind, 120 * S).any()
    us[2] -= 1
    assert passing(window, us, kind, 120 * S).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("kinds", "seconds", "found"),
    [
        ("-ee-", [0, 40, 80, 120], ".pp."),
        ("-ee-", [0, 60, 120, 180], "...."),  # the whole run counts
        ("cec", [0, 60, 120], ".p."),  # what is before and after may itself be a contact
        ("e-", [0, 60], ".."),  # nothing before it
        ("-e", [0, 60], ".."),  # nothing after it
        ("-e-e-", [0, 60, 120, 180, 240], ".p.p."),
        ("-ce-", [0, 60, 60, 120], "...."),  # a personal place at the same instant
        ("-e--", [0, 60, 60, 120], "...."),  # a candidate at the same instant
        ("-ee-", [0, 60, 60, 120], ".pp."),  # two places for everyone at once
        ("-eac", [0, 60, 60, 60], "...."),  # no instant has them alone
        ("e", [0], "."),
        ("", [], ""),
        ("---", [0, 60, 120], "..."),
        ("-c-", [0, 60, 120], "..."),  # personal places are never passed by
    ],
)
def test_what_passes_by(kinds, seconds, found):
    """A maximal run of instants with nothing but places for everyone, between two instants of the window."""
    assert passed(kinds, seconds) == found


def test_a_run_ends_with_its_window():
    """The instant before or after must be of the same window."""
    assert passed("-e-", [0, 30, 60], [0, 0, 1]) == "..."
    assert passed("-e-", [0, 30, 60], [0, 1, 1]) == "..."
    assert passed("-ee-", [0, 30, 60, 90], [0, 0, 1, 1]) == "...."
    assert passed("-e--e-", [0, 30, 60, 70, 80, 90], [0, 0, 0, 1, 1, 1]) == ".p..p."


def test_nothing_passes_where_the_policy_says_so():
    """`pass_by_s = 0` treats every pass as a visit."""
    assert passed("-e-", [0, 0, 0], pass_s=0) == "..."
    assert passed("-e-", [0, 1, 2], pass_s=0) == "..."
    assert passed("-e-", [0, 1, 2], pass_s=2) == ".p."


def test_instants_are_numbered_by_window_and_time():
    """Equal times in two windows are two instants."""
    numbers, starts = instants_of(np.array([0, 0, 0, 1], np.int32), np.array([5, 5, 6, 6], np.int64))
    assert numbers.tolist() == [0, 0, 1, 2]
    assert starts.tolist() == [True, False, True]
