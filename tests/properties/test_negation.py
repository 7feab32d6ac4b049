"""Targeted negation: the smallest changes that must hide a released ping do hide it."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests import oracle
from tests.examples import one_in
from tests.oracle.reading import instant
from tests.properties.worlds import good_days, side_by_side
from tests.world import World, assignment, changed, moved, place, policy_of, shift

WIDER = one_in(8)  # few runs, because each tests all changes at once
NO_SHRINKING = [Phase.explicit, Phase.reuse, Phase.generate]  # the message names the change; shrinking takes minutes


def pings_of(before: World, n: int) -> tuple[dict, list[dict]]:
    """Copies of one ping, and of all pings."""
    pings = deepcopy(before["tables"]["pings"])
    return pings[n], pings


def with_ping(before: World, n: int, **values: object) -> World:
    """The world with other values in one ping."""
    ping, pings = pings_of(before, n)
    ping.update(values)
    return changed(before, pings=pings)


def with_shift(before: World, **values: object) -> World:
    """The world with other values in the only shift."""
    return changed(before, roster=[{**before["tables"]["roster"][0], **values}])


def and_entry(before: World, **values: object) -> World:
    """The world with one more roster entry."""
    return changed(before, roster=[*before["tables"]["roster"], {**before["tables"]["roster"][0], **values}])


def and_ping(before: World, **values: object) -> World:
    """The world with one more ping."""
    ping = {**before["tables"]["pings"][0], **values}
    return changed(before, pings=[*before["tables"]["pings"], ping])


def and_assignment(before: World, row: dict) -> World:
    """The world with one more assignment."""
    return changed(before, assignments=[*before["tables"]["assignments"], row])


def and_place(before: World, row: dict) -> World:
    """The world with one more place."""
    return changed(before, places=[*before["tables"]["places"], row])


def spot(ping: dict) -> tuple[float, float]:
    """The position of the ping."""
    return ping["lon"], ping["lat"]


HOME = {"lon": -0.10, "lat": 51.50}
AFTER = "2026-11-19T00:00:00Z"
CHANGES = {
    "the shift ends at that instant": lambda w, n, p: with_shift(w, ends_at=p["observed_at"]),
    "the shift starts a microsecond later": lambda w, n, p: with_shift(w, starts_at=moved(p["observed_at"], 1)),
    "the shift is cancelled afterwards": lambda w, n, p: and_entry(w, status="cancelled", recorded_at=AFTER),
    "the shift was recorded a microsecond after": lambda w, n, p: with_shift(w, recorded_at=moved(p["observed_at"], 1)),
    "the shift is another officer's": lambda w, n, p: with_shift(w, officer_id="b"),
    "the code is no duty": lambda w, n, p: with_shift(w, duty_code="rest"),
    "the code is missing": lambda w, n, p: with_shift(w, duty_code=None),
    "the status is a word too many": lambda w, n, p: with_shift(w, status="active "),
    "the recorded time cannot be read": lambda w, n, p: with_shift(w, recorded_at="x"),
    "the end cannot be read": lambda w, n, p: with_shift(w, ends_at="x"),
    "no roster": lambda w, n, p: changed(w, roster=[]),
    "a contradiction": lambda w, n, p: and_entry(w, ends_at=moved(AFTER, 0)),
    "leave at that instant": lambda w, n, p: and_entry(
        w, shift_id="l", duty_code="leave", starts_at=p["observed_at"], ends_at=moved(p["observed_at"], 1)
    ),
    "leave recorded afterwards": lambda w, n, p: and_entry(w, shift_id="l", duty_code="leave", recorded_at=AFTER),
    "leave cancelled afterwards": lambda w, n, p: changed(
        w,
        roster=[
            *w["tables"]["roster"],
            shift(p["observed_at"], moved(p["observed_at"], 1), "leave", shift_id="l", officer="a"),
            shift(None, None, None, shift_id="l", officer="a", status="cancelled", recorded=AFTER),
        ],
    ),
    "leave at a time that cannot be read": lambda w, n, p: and_entry(w, shift_id="l", duty_code="leave", starts_at="x"),
    "a row without a shift": lambda w, n, p: and_entry(w, shift_id=None, recorded_at=AFTER),
    "a second officer": lambda w, n, p: changed(
        w,
        assignments=[
            *w["tables"]["assignments"],
            assignment(p["device_id"], "b", p["observed_at"], moved(p["observed_at"], 1)),
        ],
    ),
    "no assignment": lambda w, n, p: changed(w, assignments=[]),
    "the assignment ends at that instant": lambda w, n, p: changed(
        w, assignments=[assignment(p["device_id"], "a", end=p["observed_at"])]
    ),
    "the assignment starts a microsecond later": lambda w, n, p: changed(
        w, assignments=[assignment(p["device_id"], "a", moved(p["observed_at"], 1))]
    ),
    "an assignment to nobody": lambda w, n, p: and_assignment(
        w, assignment(p["device_id"], None, p["observed_at"], moved(p["observed_at"], 1))
    ),
    "an assignment whose times cannot be read": lambda w, n, p: and_assignment(
        w, assignment(p["device_id"], "a", AFTER, "x")
    ),
    "an assignment to nobody of a lookalike": lambda w, n, p: and_assignment(
        w, assignment(p["device_id"].upper(), None, p["observed_at"])
    ),
    "a second officer of a lookalike": lambda w, n, p: and_assignment(
        w, assignment(p["device_id"].upper(), "b", p["observed_at"], moved(p["observed_at"], 1))
    ),
    "a second officer until that date": lambda w, n, p: and_assignment(
        w, assignment(p["device_id"], "b", "2026-01-01", p["observed_at"][:10])
    ),
    "the device is a lookalike": lambda w, n, p: with_ping(w, n, device_id=p["device_id"].upper()),
    "the assignment was recorded a microsecond after": lambda w, n, p: changed(
        w,
        assignments=[{**assignment(p["device_id"], "a"), "recorded_at": moved(p["observed_at"], 1)}],
    ),
    "leave of a lookalike": lambda w, n, p: and_entry(w, shift_id="l", officer_id="A ", duty_code="leave"),
    "leave of one day, by dates": lambda w, n, p: and_entry(
        w, shift_id="l", duty_code="leave", starts_at=p["observed_at"][:10], ends_at=p["observed_at"][:10]
    ),
    "a lookalike of the shift is cancelled": lambda w, n, p: and_entry(
        w, shift_id=f"00{w['tables']['roster'][0]['shift_id'].upper()}", status="cancelled", recorded_at=AFTER
    ),
    "the shift was recorded on that date": lambda w, n, p: with_shift(w, recorded_at=p["observed_at"][:10]),
    "the shift is a lookalike's": lambda w, n, p: with_shift(w, officer_id="A"),
    "home of a lookalike is there": lambda w, n, p: and_place(w, place(spot(p), 1, "A", place_id="h9")),
    "home is a lookalike's": lambda w, n, p: changed(w, places=[place(officer="A")]),
    "home was not known": lambda w, n, p: changed(
        w, places=[{**place(officer="a"), "recorded_at": "2027-01-01T00:00:00Z"}]
    ),
    "home is there until that date": lambda w, n, p: and_place(
        w, place(spot(p), 1, "a", place_id="h9", end=p["observed_at"][:10])
    ),
    "home at (0, 0)": lambda w, n, p: and_place(w, place((0.0, 0.0), 1, "a", place_id="h9")),
    "home a turn further": lambda w, n, p: and_place(w, place((p["lon"] + 360, p["lat"]), 1, "a", place_id="h9")),
    "only a date": lambda w, n, p: with_ping(w, n, observed_at=p["observed_at"][:10]),
    "received more than a minute before": lambda w, n, p: with_ping(
        w, n, received_at=moved(p["observed_at"], -60_000_001)
    ),
    "the device says that it has no fix": lambda w, n, p: with_ping(w, n, valid="false"),
    "another officer's device": lambda w, n, p: with_ping(w, n, device_id="nobody's"),
    "no accuracy": lambda w, n, p: with_ping(w, n, accuracy_m=None),
    "accuracy over the limit": lambda w, n, p: with_ping(w, n, accuracy_m=100.0001),
    "accuracy zero": lambda w, n, p: with_ping(w, n, accuracy_m=0),
    "accuracy not a number": lambda w, n, p: with_ping(w, n, accuracy_m=float("nan")),
    "no position": lambda w, n, p: with_ping(w, n, lat=None),
    "no time": lambda w, n, p: with_ping(w, n, observed_at=None),
    "home is there": lambda w, n, p: and_place(w, place(spot(p), 0, "a", place_id="h9")),
    "home touches the disc": lambda w, n, p: and_place(
        w, place((p["lon"], p["lat"] + 0.002), 25 - 2 * p["accuracy_m"] if p["accuracy_m"] < 12 else 25, "a")
    ),
    "home was there for that instant": lambda w, n, p: and_place(
        w, place(spot(p), 1, "a", place_id="h9", start=p["observed_at"], end=moved(p["observed_at"], 1))
    ),
    "a place that cannot be understood": lambda w, n, p: and_place(w, place(spot(p), None, "a", place_id="h9")),
    "no home": lambda w, n, p: changed(w, places=[]),
    "home is another officer's": lambda w, n, p: changed(w, places=[place(officer="b")]),
    "home is no home": lambda w, n, p: changed(w, places=[place(officer="a", kind="house")]),
    "home is valid a microsecond later": lambda w, n, p: changed(
        w, places=[place(officer="a", start=moved(p["observed_at"], 1))]
    ),
    "home is valid until then": lambda w, n, p: changed(w, places=[place(officer="a", end=p["observed_at"])]),
    "at home at the same instant": lambda w, n, p: and_ping(
        w, device_id=p["device_id"], observed_at=p["observed_at"], accuracy_m=10, **HOME
    ),
    "another device at home at the same instant": lambda w, n, p: changed(
        and_ping(w, device_id="other", observed_at=p["observed_at"], accuracy_m=10, **HOME),
        assignments=[*w["tables"]["assignments"], assignment("other", "a")],
    ),
    "a poor fix at home at the same instant": lambda w, n, p: and_ping(
        w, device_id=p["device_id"], observed_at=p["observed_at"], accuracy_m=4000, **HOME
    ),
    "a better fix of the same instant": lambda w, n, p: and_ping(w, **{**p, "accuracy_m": 1}),
}


@settings(max_examples=WIDER, phases=NO_SHRINKING)
@given(good_days(), st.data())
def test_every_small_change_hides(ask_filter, before, data):
    """Each change is in a world of its own, and one run has all of these worlds."""
    released = [p for p in oracle.answer(before).pings if p.reason == "on_duty"]
    chosen = data.draw(st.sampled_from(released), label="released ping").row
    ping = before["tables"]["pings"][chosen]
    many = [change(before, chosen, ping) for change in CHANGES.values()]
    both = side_by_side([before, *many])
    outcome, answer = ask_filter(both), oracle.answer(both)
    first = len(before["tables"]["pings"])
    assert outcome.reasons[chosen] == "on_duty"
    for name, each in zip(CHANGES, many, strict=True):
        assert outcome.reasons[first + chosen] != "on_duty", name
        assert answer.reasons[first + chosen] != "on_duty", name
        first += len(each["tables"]["pings"])
    assert outcome.reasons == answer.reasons


def before_window_end(before, ping):
    """`as_of` is a microsecond before the end of the shift."""
    return {**before, "as_of": moved(before["tables"]["roster"][0]["ends_at"], -1)}


def before_the_ping(before, ping):
    """`as_of` is before the ping."""
    return {**before, "as_of": moved(ping["observed_at"], -1)}


def everyone_touched(before, ping):
    """A place for everyone at the position of the ping."""
    return and_place(before, place(spot(ping), 5, None, place_id="c", kind="clinic"))


def home_of_nobody(before, ping):
    """A home at the position of the ping, of an officer who is a word for nobody: it is everyone's."""
    return and_place(before, place(spot(ping), 5, "NULL", place_id="h9"))


def no_sites(before, ping):
    """There is no site."""
    return changed(before, sites=[])


def sites_elsewhere(before, ping):
    """The only site is elsewhere."""
    return changed(before, sites=[{"site_id": "s", "lon": 0.5, "lat": 51.0, "radius_m": 500}])


def within_hold(before, ping):
    """The policy's hold is just long enough to hide the ping."""
    us = instant(ping["observed_at"]) - instant(before["tables"]["roster"][0]["starts_at"])
    return {**before, "policy": policy_of({"legs": {"hold_s": us // 1_000_000 + 1}})}


def site_too_large(before, ping):
    """No site is as small as the policy allows."""
    return {**before, "policy": policy_of({"legs": {"max_site_km2": 0.001}})}


def home_too_far(before, ping):
    """The home is farther from every site than the policy allows."""
    return {**before, "policy": policy_of({"places": {"max_km": 1.0}})}


def site_beside_home(before, ping):
    """The buffer around the home reaches every site."""
    return {**before, "policy": policy_of({"places": {"buffer_m": 9000.0}})}


def contact_before_and_after(before, ping):
    """The officer is at home just before and just after the ping, which is not at a site."""
    at_home = [{**ping, "observed_at": moved(ping["observed_at"], delta), **HOME} for delta in (-1, 1)]
    street = {**ping, "lon": -0.13, "lat": 51.51}
    pings = [street if p == ping else p for p in before["tables"]["pings"]] + at_home
    return changed(before, pings=pings)


@pytest.mark.parametrize(
    "change",
    [
        before_window_end,
        before_the_ping,
        everyone_touched,
        home_of_nobody,
        no_sites,
        sites_elsewhere,
        within_hold,
        site_too_large,
        home_too_far,
        site_beside_home,
        contact_before_and_after,
    ],
    ids=lambda change: change.__name__,
)
@settings(max_examples=3, phases=NO_SHRINKING)
@given(good_days(), st.data())
def test_a_change_of_the_whole_run_hides(ask_filter, change, before, data):
    """A change that concerns the whole run hides the ping."""
    released = [p for p in oracle.answer(before).pings if p.reason == "on_duty"]
    chosen = data.draw(st.sampled_from(released), label="released ping").row
    after = change(before, before["tables"]["pings"][chosen])
    outcome = ask_filter(after)
    assert outcome.reasons[chosen] != "on_duty"
    assert outcome.reasons == oracle.answer(after).reasons
