"""The filter and the oracle read the same texts as instants and numbers, with the same values."""

from __future__ import annotations

from random import Random

from tests import oracle
from tests.world import place, policy_of, shift, site, world

WHOLE = (
    "2026-03-02T09:15:30",
    "2026-03-02 09:15:30.123456",
    "2026-03-02T09:15",
    "2026-03-02",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59.999999",
)
OFFSETS = (
    "",
    "Z",
    "+01:00",
    "-0530",
    "+14",
    "+00:00",
    "z",
    " Z",
    "+1",
    "+24:00",
    "+01:60",
    "-00:00",
    "UTC",
    "+01:00:00",
)
ODD = (
    "",
    " ",
    "now",
    "today",
    "epoch",
    "infinity",
    "-infinity",
    "NaT",
    "null",
    "1772442930",
    "1772442930000",
    "2026-W10-1",
    "2026-061",
    "20260302T091530Z",
    "2026-3-2",
    "2026/03/02",
    "2026-02-29",
    "2024-02-29",
    "2026-03-02T24:00:00Z",
    "2026-03-02T23:59:60Z",
    "2026-03-02T09",
    "2026-03-02T9:15",
    "2026-03-02T09:15:30,5Z",
    "2026-03-02T09:15:30.Z",
    "2026-03-02T09:15:30.1234567890Z",
    "2026-03-02T09:15:30.999999999Z",
    "2026-03-02T09:15.5Z",
    "2026-03-02  09:15",
    "2026-03-02t09:15:30Z",
    "2026-03-02Z",
    "+2026-03-02",
    "-2026-03-02",
    "12026-03-02",
    "2026-03-02 (BC)",
    "2026-03-02T09:15:30Z[UTC]",
    "２０２６-03-02T09:15:30Z",
    " 2026-03-02T09:15:30Z",
    "2026-03-02T09:15:30Z ",
    "2026-03-02T09:15:30 Europe/London",
    "0000-01-01",
    "9999-12-31T23:59:59-01:00",
    "0001-01-01T00:00:00+01:00",
    "2026-03-02T09:15:30 +01:00",
    "2026-03-02T09:15+01:00",
    "2026-13-01",
    "2026-00-10",
    "2026-03-02T09:60",
    "2026-03-02T-1:00",
)
NUMBERS = (
    "51.52",
    "+51.52",
    " 51.52",
    "51.52 ",
    "5152e-2",
    "5152E-2",
    "51,52",
    "51.52.0",
    "51_520e-3",
    "0x33",
    "51.52f",
    "51.52d",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "Infinity",
    "1e999",
    "--51",
    "51.",
    ".5152e2",
    "5 1",
    "",
    "null",
    "None",
    "true",
    "５１",
    "$51",
    "51.52%",
    "1/2",
    "1e-999",
    "-0",
    "9" * 400,
    "0" * 50 + "51.52",
)
POLICY = policy_of(
    {"legs": {"rule": "off"}, "release": {"time_step_s": 1}, "accuracy": {"when_missing": 30.0, "max_m": 1000.0}}
)


def spelled(pings):
    """A world in which a ping that can be read is released, or off duty."""
    made = world(pings, roster=[shift("2026-01-01", "2026-11-01")], places=[place()], sites=[site()])
    return {**made, "policy": POLICY, "inputs": {"pings": {"time_zone": "Europe/London"}}}


def same(ask_filter, given):
    """All reasons and all released values agree."""
    outcome, answer = ask_filter(given), oracle.answer(given)
    plain = row()
    changed = [{c: v for c, v in p.items() if v != plain[c]} for p in given["tables"]["pings"]]
    rows = zip(changed, answer.reasons, outcome.reasons, strict=True)
    different = [str(triple) for triple in rows if triple[1] != triple[2]]
    assert not different, "\n".join(["(row, oracle, filter)", *different[:25]])
    assert outcome.release == answer.release


def row(**values):
    """A ping at the station, with some values changed."""
    return {
        "device_id": "d1",
        "observed_at": "2026-03-02T09:00:00Z",
        "lon": -0.15,
        "lat": 51.52,
        "accuracy_m": 10,
        **values,
    }


def garbled(rng: Random) -> str:
    """An instant with one or two characters inserted, left out or changed."""
    text = list(rng.choice(WHOLE) + rng.choice(OFFSETS))
    for _ in range(rng.choice([0, 1, 1, 2])):
        at = rng.randrange(len(text))
        text[at : at + rng.choice([0, 1])] = rng.choice([*"0123456789", *"-+:.TZ ", ""])
    return "".join(text)


def test_instants(ask_filter):
    """Texts of instants: valid ones with every offset, odd ones, and garbled ones."""
    rng = Random(7)
    texts = [whole + offset for whole in WHOLE for offset in OFFSETS] + list(ODD) + [garbled(rng) for _ in range(1500)]
    same(ask_filter, spelled([row(observed_at=text) for text in texts]))


def test_numbers(ask_filter):
    """Texts of numbers as longitude, latitude and accuracy."""
    columns = ("lon", "lat", "accuracy_m")
    pings = [
        row(observed_at=f"2026-03-02T{h:02d}:{m:02d}:00Z", **{c: n})
        for h, c in enumerate(columns)
        for m, n in enumerate(NUMBERS)
    ]
    same(ask_filter, spelled(pings))


def test_roster_times(ask_filter):
    """Texts as the start of a shift: it grants the next morning, or cannot be read and grants nothing."""
    texts = [whole + offset for whole in WHOLE[:4] for offset in OFFSETS] + list(ODD)
    roster = [shift(text, "2026-03-03T09:00:00Z", shift_id=f"s{n}", officer=f"o{n}") for n, text in enumerate(texts)]
    pings = [row(device_id=f"d{n}", observed_at="2026-03-03T08:00:00Z") for n in range(len(texts))]
    assignments = [{"device_id": f"d{n}", "officer_id": f"o{n}", "valid_from": "2026-01-01"} for n in range(len(texts))]
    made = world(
        pings, roster=roster, assignments=assignments, places=[place(officer=f"o{n}") for n in range(len(texts))]
    )
    same(ask_filter, {**made, "policy": POLICY})
