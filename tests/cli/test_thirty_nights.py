"""Thirty nights of a small force, and the same nights with something altered afterwards (the story is in
`tests/nights.py`): an ordinary night alarms nobody, and what is not ordinary is named in words that anybody understands.
"""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from offduty.admin.expire import expire
from offduty.core.errors import UsageError
from offduty.core.interval import Interval
from offduty.report.build import RenderedReport, ReportRequest, report
from offduty.runs.current import current_releases
from offduty.runs.plan import CURRENT, STALE, plan
from offduty.transparency.log import read_log
from offduty.verify.auditor import Auditor, Status, Verdict, verify
from tests.nights import (
    BY_OTHER_RULES,
    LATE_FILE,
    NIGHT_SHIFTS,
    NIGHTS,
    OTHER_RULES,
    PUBLISHED_AGAIN,
    THIRD_POLICY,
    Story,
    arrive,
    begin,
    clock,
    day,
    span,
)
from tests.oracle.reading import instant
from tests.tamper.forge import Forged

LOOKED_AT = (8, 16, 24)
"""The nights after which everything is verified, besides the last."""
REASONS = {
    14: ("roster", "changed", "roster.csv"),
    16: ("pings", "new", f"pings/{day(LATE_FILE)}-late.csv"),
}
"""Nights before which something came late, and what `plan` says of the day that it reaches."""
NEEDS_MORE = {"1.3", "1.5", "1.6", "7.2"}
"""Checks that want a public key, an older checkpoint, a cosigner, the policy that was agreed."""


# The ordinary course.


def test_thirty_nights(tmp_path):
    """The whole: no night is published again without a reason, nothing is ever found wrong, the current releases are
    the right ones at every instant, the store grows with what is released; and each of six alterations is named.
    """
    story = begin(tmp_path / "story")
    sizes: list[tuple[int, int]] = []  # how many runs there are, and the bytes of the store
    for number in range(NIGHTS):
        one_night(story, number)
        the_current_ones_are_right(story, number)
        sizes.append((len(story.published), size_of(story.store)))
        if number in LOOKED_AT:
            nothing_is_wrong(verified(story))
    assert len(story.published) == NIGHTS + len(PUBLISHED_AGAIN) + 1
    with clock(NIGHTS - 1, 5):
        assert all(story.run(number).already for number in range(NIGHTS))
    its_size_is_linear(story, sizes)
    last = verified(story)
    nothing_is_wrong(last)
    what_came_out_later_is_ordinary(last)
    for alteration in ALTERATIONS:
        copy = tmp_path / alteration.__name__
        shutil.copytree(story.folder, copy)
        alteration(Story(copy, dict(story.current), [], dict(story.rules)))
        shutil.rmtree(copy)


def one_night(story: Story, number: int) -> None:
    """The day is published; the day before, and what something became known of, are asked for again."""
    arrive(story, number)
    with clock(number):
        if number in REASONS:
            its_day_alone_is_stale(story, number)
        assert story.run(number).published
        for earlier in sorted({max(number - 1, 0), PUBLISHED_AGAIN.get(number, 0)} - {number}):
            before = story.current[earlier].run_id
            again = story.run(earlier)
            assert again.published is (PUBLISHED_AGAIN.get(number) == earlier), (number, earlier)
            assert (again.supersedes or before) == before
        if number == OTHER_RULES:
            by_other_rules(story)


def its_day_alone_is_stale(story: Story, number: int) -> None:
    """`plan` names what changed, and leaves the days around it alone."""
    for each in range(number - 6, number):
        (planned,) = plan(story.job_of(each), **span(each))
        because = [(change.what, change.how, change.name) for change in planned.because]
        late = each == PUBLISHED_AGAIN[number]
        assert (planned.state, because) == (STALE if late else CURRENT, [REASONS[number]] if late else []), each


def by_other_rules(story: Story) -> None:
    """A day under the newest rules is refused, until somebody asks for just that."""
    with pytest.raises(UsageError, match=r"under another policy: release\.decimals changed"):
        story.run(BY_OTHER_RULES, THIRD_POLICY)
    assert story.run(BY_OTHER_RULES, THIRD_POLICY, supersede_policy=True).published


def the_current_ones_are_right(story: Story, number: int) -> None:
    """Of every instant until now the newest run over its day, and no instant is without one."""
    found = current_releases(read_log(story.store / "log"), Interval(*(instant_of(at) for at in (0, number + 1))))
    assert found.missing == ()
    assert [(part.interval, part.run_id) for part in found.parts] == [
        (Interval(instant_of(each), instant_of(each + 1)), story.current[each].run_id) for each in range(number + 1)
    ]
    assert all((story.store / "runs" / part.run_id / name).exists() for part in found.parts for name in part.files)


def instant_of(number: int) -> int:
    """Where a day begins in London: an hour earlier by UTC after the clocks went forward."""
    return instant(f"{day(number)}T00:00:00Z") - (3_600_000_000 if day(number) > "2026-03-29" else 0)


def size_of(store: Path) -> int:
    """The bytes of all files of a store, but for the one that is derived from the log."""
    return sum(path.stat().st_size for path in store.rglob("*") if path.is_file() and path.name != "current.json")


def its_size_is_linear(story: Story, sizes: list[tuple[int, int]]) -> None:
    """Each run costs about the same, however many were before: in the last ten nights as in the first."""
    (runs, first), (before, behind), (after, whole) = sizes[9], sizes[-11], sizes[-1]
    assert (whole - behind) / (after - before) < 1.1 * first / runs
    entries = [path.stat().st_size for path in sorted((story.store / "log").glob("*.entry"))]
    assert max(entries) < 1.1 * entries[0]


def verified(story: Story) -> Verdict:
    """What the auditor says who has the files that are there now."""
    return verify(story.store, Auditor(inputs=story.job, reference=story.job))


def nothing_is_wrong(verdict: Verdict) -> None:
    """The headline is green, and nothing is open but what needs more than the inputs."""
    assert {check.number for check in verdict.checks if check.status is Status.NOT_DONE} == NEEDS_MORE
    assert {check.number: check.findings for check in verdict.checks if check.status is Status.FAIL} == {}
    assert verdict.headline.startswith("Nothing wrong was found. ")


def what_came_out_later_is_ordinary(verdict: Verdict) -> None:
    """Night shifts that had ended, and overtime that was written down the next morning."""
    (check,) = (check for check in verdict.checks if check.number == "6.1")
    found = {figure.causes: figure.count.value for figure in check.figures}
    assert found == {("window_closed",): 2 * len(NIGHT_SHIFTS), ("roster_recorded_since",): 2}
    assert check.status is Status.PASS


# What is not ordinary.


def a_roster_row_altered(story: Story) -> None:
    """A shift of the first week is made to begin two hours earlier."""
    alter(story, "roster", f"{day(3)}T08:00", f"{day(3)}T06:00")
    says(story, {"4.1"}, "the roster was altered afterwards: what a run had read there is gone, says something else")


def a_home_moved(story: Story) -> None:
    """To another end of the town, and the day run again: what was near it comes out."""
    alter(story, "places", "h1,o1,home,,-0.1,51.5,", "h1,o1,home,,-0.3,51.6,")
    released_more(story, 4)
    says(
        story,
        {"4.1", "6.1"},
        "the list of homes and other protected places was altered afterwards: what a run had read there is gone",
        "a later run shows positions that an earlier one hid, after the list of homes and other protected places was",
    )


def a_device_told_otherwise(story: Story) -> None:
    """Somebody else is said to have held it."""
    alter(story, "assignments", "d2,o2", "d2,o1")
    says(story, {"4.1"}, "the list of who held which device was altered afterwards: what a run had read there is gone")


def a_site_drawn_over_the_town(story: Story) -> None:
    """Sites have no record times, so nothing is proved; what became visible is counted, and asked about."""
    alter(story, "sites", "150", "1200")
    released_more(story, 4)
    says(
        story,
        set(),
        "Runs over the same time read different versions of the list of workplaces, which does not say when its rows",
        "Fewer than 10 positions that an earlier run had hidden may have become visible by that. Ask who changed the",
    )


def an_as_of_backwards(story: Story) -> None:
    """Refused by `run`; and where the log is forged, it is said that something known was left out."""
    with pytest.raises(UsageError, match="--as-of is before that of a run in the store"):
        story.run(NIGHT_SHIFTS[0], as_of=f"{day(NIGHT_SHIFTS[0] + 1)}T03:00:00Z")
    forged = Forged(story.store, bytes.fromhex("5a" * 32))
    wanted = story.current[NIGHT_SHIFTS[0]].run_id
    place = next(at for at, each in enumerate(forged.manifests) if each.get("run_id") == wanted)
    forged.manifests[place]["as_of"] = f"{day(NIGHT_SHIFTS[0] + 1)}T03:00:00Z"
    forged.rename(place)
    for each in forged.manifests:
        if each.get("superseded_by") == wanted:
            each |= {
                "superseded_by": forged.manifests[place]["run_id"],
                "recorded_at": forged.manifests[place]["as_of"],
            }
    forged.seal()
    says(story, {"4.1", "6.1", "6.2"}, "a later run ignored what an earlier one knew: a leave, a correction or a home")


def a_release_expired_the_same_day(story: Story) -> None:
    """Handed out in the morning, deleted in the evening, by rules that keep it for thirty days."""
    with clock(NIGHTS - 1, 20):
        assert expire(story.job, before=day(NIGHTS)).files
    says(story, {"7.4"}, "a release was deleted earlier than its own rules allow")


ALTERATIONS: tuple[Callable[[Story], None], ...] = (
    a_roster_row_altered,
    a_home_moved,
    a_device_told_otherwise,
    a_site_drawn_over_the_town,
    an_as_of_backwards,
    a_release_expired_the_same_day,
)


def alter(story: Story, table: str, old: str, new: str) -> None:
    """Change the first place of a table in which the old text stands."""
    path = story.folder / f"{table}.csv"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def released_more(story: Story, number: int) -> None:
    """A day is run once more, with the tables as they are now, and releases what it had hidden."""
    before = story.current[number].counts["on_duty"]
    with clock(NIGHTS):
        assert story.run(number).counts["on_duty"] == before + 1


def says(story: Story, checks: set[str], *words: str) -> None:
    """`verify` fails these checks, and the words stand at the head of the report, where everybody looks first."""
    made = report(ReportRequest(story.store, inputs=story.job))
    assert made.checks is not None
    assert {check.number for check in made.checks if check.status is Status.FAIL} == checks
    head = " ".join(head_of(made).split())
    for each in words:
        assert each in head
    if checks:
        assert all(each in Verdict(tuple(made.checks)).headline for each in words)
        assert "Do not rely on this report before that is explained." in head


def head_of(made: RenderedReport) -> str:
    """The text of a report above its table of contents."""
    return html.unescape(re.sub("<[^>]+>", "", made.html.decode().partition("</header>")[0]))
