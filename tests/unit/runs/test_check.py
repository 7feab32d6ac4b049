"""A check counts what the run that follows counts, and says what meets what; it publishes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from pyproj import Geod

from offduty import run
from offduty.core.errors import InputError
from offduty.runs.check import Checked, check
from offduty.runs.check_tables import ROWS_NAMED, CheckedLine
from offduty.runs.notes import notes_of
from tests import oracle
from tests.examples import one_in
from tests.properties.worlds import worlds
from tests.spec.make_docs import BESIDES, REASONS, chapters
from tests.spec.stories import world_of
from tests.world import AFTERWARDS, WHERE, World, assignment, lay_out, ping, place, shift, site, square, world

EXAMPLES = [example for chapter in chapters(REASONS + BESIDES) for example in chapter.examples]
FEWER = "fewer than 10"


def checked(given_world: World, folder: Path, **options: Any) -> Checked:
    """The check of a world."""
    start, end = given_world["interval"] or (None, None)
    return check(lay_out(given_world, folder), **{"start": start, "end": end, "as_of": given_world["as_of"], **options})


def both_agree(given_world: World, folder: Path) -> None:
    """A check and the run that follows it count the same, warn of the same, and stop for the same."""
    start, end = given_world["interval"] or (None, None)
    asked = {"start": start, "end": end, "as_of": given_world["as_of"]}
    job = lay_out(given_world, folder)
    try:
        found = check(job, **asked)
        stops = found.stops
    except InputError as error:
        found, stops = None, error
    assert not (folder / "store").exists()
    try:
        done = run(job, **asked)
    except InputError as error:
        assert str(stops) == str(error)
        return
    assert stops is None
    assert found is not None
    assert (found.counts, found.quarantined, found.refused) == (done.counts, done.quarantined, done.refused)
    assert tuple(notes_of(found.document)) == done.notes


@pytest.mark.parametrize("example", EXAMPLES[1::12], ids=str)  # every twelfth: each is two runs
def test_a_check_counts_what_the_run_that_follows_counts(example, tmp_path):
    """For each example of the docs: reasons, quarantine, refused rows and warnings, or the same stop."""
    both_agree(world_of(example), tmp_path)


@settings(max_examples=one_in(8), suppress_health_check=list(HealthCheck))
@given(given_world=worlds())
def test_a_check_of_any_world_counts_what_the_run_counts(given_world, tmp_path_factory):
    """Also of worlds that stop."""
    both_agree(given_world, tmp_path_factory.mktemp("world"))


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_extra_columns_are_warned_of_as_in_a_run(tmp_path, form):
    """An odometer and free text; the release that tells it is written into no named file."""
    pings = [{**ping(f"08:{n:02}"), "km": 100 + n, "note": f"x{n}"} for n in range(60)]
    pings += [{**ping(f"09:{n:02}"), "km": 200 + n, "note": f"y{n}"} for n in range(60)]
    given_world = world(pings, policy={"release": {"extra_columns": ["km", "note"]}})
    job = lay_out(given_world, tmp_path, form=form)
    found = check(job, as_of=AFTERWARDS)
    assert found.document["telling_columns"] == {"km": "grows", "note": "free_text"}
    assert tuple(notes_of(found.document)) == run(job, as_of=AFTERWARDS).notes


def table_of(found: Checked, name: str) -> dict[str, list[CheckedLine]]:
    """The lines of a table by label; lines without one belong to the label above."""
    lines: dict[str, list[CheckedLine]] = {}
    label = ""
    for line in next(table.lines for table in found.tables if table.name == name):
        label = line.label or label
        lines.setdefault(label, []).append(line)
    return lines


def document_of(found: Checked, name: str) -> dict[str, Any]:
    """The JSON of a table."""
    return next(table.document for table in found.tables if table.name == name)


def test_rows_and_time_span_to_the_day(tmp_path):
    """In the policy's zone; an end belongs to the day before it, a bare date is its whole day, and an open end and
    what cannot be read do not count.
    """
    given_world = world(
        [ping("2026-03-29T23:30:00Z"), ping("12:00"), ping("nonsense")],
        assignments=[assignment(start="2026-01-01", end="2026-04-01T00:00:00+01:00"), assignment("d2", "o1")],
        roster=[shift("22:00", "2026-03-03T00:00"), shift("nonsense", shift_id="r2")],
        places=[{**place(), "valid_from": "2026-02-01", "valid_to": "2026-06-02"}],
    )
    found = checked(given_world, tmp_path)
    spans = {table.name: (table.document["rows"], *map(table.document.get, ("from", "to"))) for table in found.tables}
    assert spans == {
        "pings": (3, "2026-03-02", "2026-03-30"),
        "assignments": (2, "2026-01-01", "2026-03-31"),
        "roster": (2, "2026-03-02", "2026-03-02"),
        "places": (1, "2026-02-01", "2026-06-02"),
        "sites": (1, None, None),
    }


def test_rows_that_cannot_be_read_by_reason_and_the_first_ten_of_them(tmp_path):
    """By the names of their files; more are only counted."""
    bad = [ping("nonsense") for _ in range(ROWS_NAMED + 2)]
    given_world = world(
        [ping("09:00"), *bad, ping("10:00", device="")],
        assignments=[assignment(), assignment("d2", None)],
        roster=[shift(), shift(shift_id="r2", status="planned")],
        places=[place(), place("other home", -5)],
        sites=[site(), site("court", -1)],
    )
    found = checked(given_world, tmp_path)
    first, second = table_of(found, "pings")["cannot be read"]
    assert (first.exact, second.exact) == (
        "1: no_device, the row names no device",
        "12: bad_time, the row has no readable instant",
    )
    assert (first.quiet, second.quiet) == (f"{FEWER}{first.exact[1:]}", second.exact)
    assert first.rows == ("pings/part-0.csv row 13",)
    assert second.rows == ("pings/part-0.csv rows 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …",)
    assert document_of(found, "pings")["unreadable"] == {"no_device": FEWER, "bad_time": 12}
    for name in ("assignments", "roster", "places", "sites"):
        (line,) = table_of(found, name)["cannot be read"]
        assert line.rows == (f"{name}.csv row 1",)
        assert line.warning


def test_rows_of_several_files_are_named_by_their_own_file(tmp_path):
    """And counted from 0 in each."""
    job = lay_out(world([ping("09:00"), ping("x"), ping("y"), ping("z")]), tmp_path, files=2)
    (line,) = table_of(check(job, as_of=AFTERWARDS), "pings")["cannot be read"]
    assert line.rows == ("pings/part-0.csv row 1", "pings/part-1.csv rows 0, 1")


def test_columns_that_are_not_used(tmp_path):
    """By table, for everybody."""
    found = checked(world([{**ping("09:00"), "speed": 1}], assignments=[{**assignment(), "rank": "x"}]), tmp_path)
    assert document_of(found, "pings")["columns_ignored"] == ["speed"]
    assert document_of(found, "assignments")["columns_ignored"] == ["rank"]
    assert table_of(found, "roster")["columns not used"][0].exact == "none"


def test_ids_that_meet_nothing_or_only_look_like_another(tmp_path):
    """Devices that nobody held, officers without home, roster or device, and places of nobody, with their rows."""
    given_world = world(
        [
            ping("09:00"),
            ping("09:00", device="D1"),
            ping("09:00", device="d8"),
            ping("09:00", device="d9"),
            ping("10:00", device="d9"),
        ],
        assignments=[assignment(), assignment("d2", "o2"), assignment("d3", "o3")],
        roster=[shift(), shift(officer="o2", shift_id="r2"), shift(officer="o9", shift_id="r9")],
        places=[
            place(),
            place("other home", officer="o3"),
            place("court", officer="o9"),
            place("clinic", officer="O2"),
        ],
    )
    found = checked(given_world, tmp_path)
    pings = table_of(found, "pings")
    assert pings["lookalikes"][0].exact == "1 row of devices that look like an assigned one"
    rows, devices = pings["never assigned"]
    assert (rows.exact, devices.exact) == ("3 rows of devices that nobody was ever assigned", "2 devices")
    assert (rows.quiet, devices.quiet) == (
        f"{FEWER} rows of devices that nobody was ever assigned",
        f"{FEWER} devices",
    )
    assignments, roster = table_of(found, "assignments"), table_of(found, "roster")
    assert assignments["without a home"][0].exact == "1 officer: no home on record"
    assert assignments["without a roster"][0].exact == "1 officer: never on duty"
    assert assignments["without pings"][0].exact == "2 devices that no file read names, nor a lookalike"
    assert roster["without a device"][0].exact == "1 officer whom no assignment names"
    places = table_of(found, "places")
    assert places["met no officer"][0].rows == ("places.csv row 2",)
    assert places["lookalikes"][0].exact.startswith("1 place of an id that looks like")


def test_places_and_sites_that_lie_oddly_are_counted_and_their_rows_are_for_the_terminal(tmp_path):
    """Far places, sites that are too large, and sites beside a home."""
    given_world = world(
        places=[place(), place((2.35, 48.85)), place((-0.1501, 51.5201), 20)],
        sites=[site("court"), site(), {"site_id": "big", "geometry": square(-0.5, 51.2, 0.1)}],
        policy={"places": {"max_km": 100.0}},
    )
    found = checked(given_world, tmp_path)
    assert table_of(found, "places")["far"][0].rows == ("places.csv row 1",)
    sites = table_of(found, "sites")
    assert sites["too large"][0].rows == ("sites.csv row 2",)
    assert sites["beside a home"][0].rows == ("sites.csv row 1",)
    assert document_of(found, "sites")["beside"] == FEWER
    assert " row" not in json.dumps([table.document for table in found.tables])


STEP = "look at the places for everyone that hide sites"


def clinic(away_m: float, radius_m: float = 50, **more: Any) -> dict[str, Any]:
    """A place for everyone whose centre lies so far north of the station."""
    lon, lat, _ = Geod(ellps="WGS84").fwd(*WHERE["station"], 0, away_m)
    return place((lon, lat), radius_m, None, kind="clinic", **more)


def north_and_south() -> list[dict[str, Any]]:
    """Pings all over the station, exact ones: on its northern rim first, on its southern rim last."""
    lon, lat = WHERE["station"]
    metres = range(149, -150, -2)
    ends = (Geod(ellps="WGS84").fwd(lon, lat, 0, north_m)[:2] for north_m in metres)
    return [ping(f"{9 + at // 60:02}:{at % 60:02}", where, 0.01) for at, where in enumerate(ends)]


@pytest.mark.parametrize(
    ("away_m", "label", "hidden"),
    [(99.9, "wholly hidden", 150), (250, "partly hidden", 75), (400, "partly hidden", 0), (400.002, "", 0)],
)
def test_a_site_that_a_place_for_everyone_hides_is_told_as_the_run_hides_it(tmp_path, away_m, label, hidden):
    """Wholly: every ping in it; partly: those in reach; a millimetre outside: nothing. The run's own notes and manifest
    say nothing new.
    """
    given_world = world(
        north_and_south(),
        places=[place(), clinic(away_m)],
        sites=[site("court"), site()],
        policy={"legs": {"hold_s": 0}},
    )
    found = checked(given_world, tmp_path)
    sites, document = table_of(found, "sites"), document_of(found, "sites")
    lines = {name: sites[name] for name in ("wholly hidden", "partly hidden")}
    for name, (line,) in lines.items():
        assert line.rows == (("sites.csv row 1",) if name == label else ())
        assert line.warning == (name == label)
        assert document[name.replace(" ", "_")] == (FEWER if name == label else 0)
        assert line.exact.startswith("1 site " if name == label else "none")
        assert line.quiet.startswith(f"{FEWER} sites " if name == label else "none")
    assert any(step.startswith(STEP) for step in found.next) == bool(label)
    done = run(tmp_path / "job.toml", as_of=AFTERWARDS)
    assert found.counts == done.counts
    assert done.counts["protected_place"] == hidden
    assert done.counts["on_duty"] == 150 - hidden
    assert not [note for note in done.notes if "everyone" in note]
    assert "hidden" not in json.dumps(found.document["reported_counts"])


def test_what_hides_a_site_is_asked_for_the_time_of_duty(tmp_path):
    """A place that is valid during all duty of the interval, that begins in it, that ended before it, and that was
    recorded after `as_of`; with an interval in which it is valid all the time.
    """

    def labels(first: str | None, last: str | None, folder: str, **options: Any) -> list[str]:
        given_world = world(north_and_south(), places=[place(), clinic(0, start=first, end=last)])
        sites = table_of(checked(given_world, tmp_path / folder, **options), "sites")
        return [name for name in ("wholly hidden", "partly hidden") if sites[name][0].warning]

    assert labels("08:00", "16:00", "a") == ["wholly hidden"]
    assert labels("08:01", None, "b") == ["partly hidden"]
    assert labels("08:01", None, "c", start="2026-03-02T09:00:00Z") == ["wholly hidden"]
    assert labels(None, "08:00", "d") == []
    assert labels("16:00", None, "e") == []
    known_later = {**clinic(0), "recorded_at": "2026-11-21T00:00:00Z"}
    found = checked(world(places=[{**place(), "recorded_at": "2026-01-01T00:00:00Z"}, known_later]), tmp_path / "f")
    assert not table_of(found, "sites")["wholly hidden"][0].warning


def test_without_the_rule_of_legs_hidden_sites_are_told_too_and_without_sites_nothing_is(tmp_path):
    """Nobody is seen at them, whatever the rule."""
    given_world = world(north_and_south(), places=[place(), clinic(0)], policy={"legs": {"rule": "off"}})
    found = checked(given_world, tmp_path / "with")
    assert table_of(found, "sites")["wholly hidden"][0].rows == ("sites.csv row 0",)
    assert found.counts["protected_place"] == 150
    job = lay_out(given_world, tmp_path / "without")
    job.write_text("".join(line for line in job.read_text().splitlines(True) if not line.startswith("sites")))
    found = check(job, as_of=AFTERWARDS)
    assert [table.name for table in found.tables] == ["pings", "assignments", "roster", "places"]
    assert not any(step.startswith(STEP) for step in found.next)


def test_codes_that_take_duty_away_are_named_where_ten_officers_have_them(tmp_path):
    """The rest are others."""
    officers = [f"o{n}" for n in range(1, 11)]
    roster = [shift(), shift("20:00", "21:00", "SICK-NOTE-7", shift_id="s")]
    roster += [shift("20:00", "21:00", "leave", officer=officer, shift_id=f"l{officer}") for officer in officers]
    held = [assignment(f"d{n}", officer) for n, officer in enumerate(officers)]
    found = checked(world(roster=roster, assignments=[assignment(), *held]), tmp_path)
    assert document_of(found, "roster")["taking_codes"] == ["leave", "others"]
    assert table_of(found, "roster")["codes off duty"][0].exact == "leave, others"


def minutes(first: int, last: int, step: int, where: str = "street") -> list[dict[str, Any]]:
    """Pings at these minutes of the base day."""
    return [ping(f"{minute // 60:02}:{minute % 60:02}", where) for minute in range(first, last, step)]


def test_a_slow_feed_and_what_each_limit_would_release(tmp_path):
    """Positions every twelve minutes with a limit of five; only the limits above twelve minutes release any off site."""
    pings = [ping("08:00"), *minutes(8 * 60 + 12, 15 * 60, 12), ping("15:00")]
    found = checked(world(pings, policy={"legs": {"max_gap_s": 300}}), tmp_path)
    timing = document_of(found, "pings")["timing"]
    assert timing["usual_gap_s"] == 720
    assert timing["released_percent"] == {"300": 0, "600": 0, "900": 100, "1800": 100}
    assert timing["silent_percent"] == 100
    lines = table_of(found, "pings")
    assert lines["between two"][0].warning
    assert "choose legs.max_gap_s with the workforce: two to three times the timer of the devices" in found.next


@pytest.mark.parametrize("choice", [300, 600, 900, 1_800])
def test_what_a_limit_would_release_is_what_a_run_with_it_releases(tmp_path, choice):
    """Off sites, with gaps of many lengths, a visit at home, and a second device."""
    pings = [
        *(ping(clock) for clock in ("08:00", "09:00", "11:00", "13:00", "13:20", "15:20", "15:50")),
        *minutes(8 * 60 + 1, 9 * 60, 1),
        *minutes(9 * 60 + 7, 11 * 60, 7),
        *minutes(11 * 60 + 13, 13 * 60, 13),
        ping("13:10", "home"),
        *minutes(13 * 60 + 45, 15 * 60 + 20, 25),
        *minutes(15 * 60 + 22, 15 * 60 + 50, 2),
        ping("15:35", "home", device="d2"),
    ]
    given_world = world(
        pings, assignments=[assignment(), assignment("d2")], policy={"legs": {"max_gap_s": choice, "hold_s": 660}}
    )
    found = checked(given_world, tmp_path / "check")
    done = run(lay_out(given_world, tmp_path / "run"), as_of=AFTERWARDS)
    at_site = sum(row["lon"] == -0.15 for row in given_world["tables"]["pings"])
    reasons = oracle.answer(given_world).reasons
    released_off = sum(reason == "on_duty" and row["lon"] != -0.15 for row, reason in zip(pings, reasons, strict=True))
    off_sites = sum(
        reason in ("on_duty", "home_leg") and row["lon"] != -0.15 for row, reason in zip(pings, reasons, strict=True)
    )
    assert at_site and done.counts["on_duty"] > released_off > 0
    share = document_of(found, "pings")["timing"]["released_percent"][str(choice)]
    assert share == round(100 * released_off / off_sites)


def test_a_zone_that_is_wrong_by_an_hour_shows_around_duty(tmp_path):
    """Devices that are on for duty alone, and a roster that says everything an hour too late."""
    pings = minutes(8 * 60, 16 * 60, 5)
    right = checked(world(pings), tmp_path / "right")
    wrong = checked(world(pings, roster=[shift("09:00", "17:00")]), tmp_path / "wrong")
    lines = [table_of(found, "pings")["around duty"][0] for found in (right, wrong)]
    assert [line.warning for line in lines] == [False, True]
    assert document_of(wrong, "pings")["timing"]["around_duty_percent"] == {
        "before": 100,
        "first": 100,
        "last": 0,
        "after": 0,
    }
    assert any("time zones" in step for step in wrong.next)


def test_tables_without_record_times_and_rows_recorded_later(tmp_path):
    """The roster always has them."""
    later = {**assignment(), "recorded_at": "2026-12-01T00:00:00Z"}
    known = {**assignment(), "recorded_at": "2026-01-01T00:00:00Z"}
    found = checked(world(assignments=[known, later]), tmp_path)
    assert {t.name: t.document.get("without_record_times") for t in found.tables} == {
        "pings": None,
        "assignments": False,
        "roster": False,
        "places": True,
        "sites": None,
    }
    assert table_of(found, "assignments")["after as_of"][0].exact == "1 row recorded later: not there for this question"


def test_a_healthy_job_ends_with_the_run(tmp_path):
    """And one that releases nothing says so."""
    assert checked(world(), tmp_path / "a").next == (
        "offduty run job.toml, with the same --from, --to and --as-of: it gives these counts",
    )
    nothing = checked(world([ping("05:00")]), tmp_path / "b")
    assert any(step.startswith("nothing is released, and most positions are off duty") for step in nothing.next)


def test_where_a_run_would_stop_the_tables_say_why(tmp_path):
    """The ids of another system: every position is of a device that nobody was assigned."""
    found = checked(world([ping("09:00", device="x1"), ping("10:00", device="x2")]), tmp_path)
    assert "no ping is of a device that anybody was ever assigned" in str(found.stops)
    assert table_of(found, "pings")["never assigned"][1].exact == "2 devices"
    assert found.next[0].startswith("correct what stops the run")
    assert not any(step.startswith("offduty run") for step in found.next)


def test_an_input_that_the_policy_does_not_need_may_be_missing(tmp_path):
    """Then it has no table."""
    job = lay_out(world(policy={"legs": {"rule": "off"}}), tmp_path)
    job.write_text(job.read_text().replace('sites = "sites.csv"\n', ""))
    found = check(job, as_of=AFTERWARDS)
    assert [table.name for table in found.tables] == ["pings", "assignments", "roster", "places"]
    assert found.stops is None
