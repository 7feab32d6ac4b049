"""A radius that no place and no site on Earth has: the place covers the Earth, the site is none, by every hand alike."""

from __future__ import annotations

import pytest

from tests import oracle
from tests.second_implementation import check_again
from tests.world import World, ping, place, site, world

TOO_LARGE = ["4e7", "1e154", "1e155", "1e300", "1e308", "1.7976931348623157e308"]
NO_RADIUS = ["0", "-0.0", "-1", "-1e300", "1e309", "inf", "-inf", "nan", "NaN", "1e-400"]
PINGS = [ping("08:30"), ping("12:00", "street"), ping("15:30")]
IN_KM = {"units.radius_m": "km"}


def with_place(radius: str, unit_m: int = 1) -> World:
    """The base day, and a second place of the officer with this radius, in this unit."""
    return world(PINGS, places=[place(radius_m=100 / unit_m), {**place("court", kind="flat"), "radius_m": radius}])


def with_site(radius: str, unit_m: int = 1) -> World:
    """The base day, and a second site with this radius, in this unit."""
    return world(PINGS, sites=[site(radius_m=150 / unit_m), {**site("court", site_id="s2"), "radius_m": radius}])


@pytest.mark.parametrize("radius", [*TOO_LARGE, *NO_RADIUS])
def test_a_place_of_such_a_radius_covers_the_earth(radius, ask_filter):
    """It holds longitude and latitude 0, or cannot be understood. The notes name its row."""
    given = with_place(radius)
    outcome = ask_filter(given)
    assert outcome.reasons == oracle.answer(given).reasons == ["protected_place"] * 3
    assert outcome.result.refused == 1
    assert sum("places.csv row 1 " in note for note in outcome.result.notes) == 1
    check_again(given, outcome)


@pytest.mark.parametrize("radius", [*TOO_LARGE, *NO_RADIUS])
def test_a_site_of_such_a_radius_is_none(radius, ask_filter):
    """The others count as before. One that cannot be understood is named, and one that is too large is counted."""
    given = with_site(radius)
    outcome = ask_filter(given)
    assert outcome.reasons == oracle.answer(given).reasons == ["on_duty"] * 3
    assert sum("sites.csv row 1 " in note for note in outcome.result.notes) == (radius in NO_RADIUS)
    assert sum("larger than legs.max_site_km2" in note for note in outcome.result.notes) == (radius in TOO_LARGE)
    check_again(given, outcome)


@pytest.mark.parametrize("radius", ["1e151", "1e300", "1e305", "1e306", "1e308"])
def test_a_radius_in_kilometres_is_as_large(radius, ask_filter):
    """Also where it is no number of metres any more."""
    for table, given, reason in (
        ("places", with_place(radius, 1_000), "protected_place"),
        ("sites", with_site(radius, 1_000), "on_duty"),
    ):
        declared = {**given, "inputs": {table: IN_KM}}
        outcome = ask_filter(declared)
        assert outcome.reasons == [reason] * 3
        check_again(declared, outcome)
