"""What changed since the last report, read from its page or from a checkpoint; a log that was rewritten is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from offduty.core.disclosure import MINIMUM
from offduty.core.errors import UsageError
from offduty.report.data.counts import OUTCOMES
from offduty.report.data.previous_report import BLOCK_ID, read_previous
from offduty.transparency.log import read_log
from tests.unit.report.forces import Published, day_of, entry, force, published
from tests.unit.report.pages import cells, read


def changes(made: Published, since: Path, **how):
    """The section of a new report that compares it with an earlier one."""
    return read(made.report(since=since, **how).html).by_id("changes").parent


def stored_report(made: Published, name: str = "before.html") -> Path:
    """A report, stored as a file next to the store."""
    path = made.folder / name
    path.write_bytes(made.report().html)
    return path


@pytest.fixture
def made(tmp_path: Path) -> Published:
    """A force with a run over the first of its two days."""
    return published(tmp_path).run(day_of(0), day_of(1))


def test_a_report_reads_what_an_earlier_one_printed(made: Published):
    """The machine-readable block has exactly the figures of the page, and none of them is small."""
    previous = read_previous(stored_report(made))
    assert previous.printed is not None
    assert set(previous.printed.printed) == set(OUTCOMES)
    assert all(value is None or value == 0 or value >= MINIMUM for value in previous.printed.printed.values())
    shown = {
        row[0].split()[-1]: row[1]
        for row in cells(read(stored_report(made, "again.html").read_bytes()).all("table", "outcomes")[0])
    }
    for outcome, value in previous.printed.printed.items():
        assert shown[outcome] == ("none" if value == 0 else "fewer than 10" if value is None else f"{value:,}")


def test_new_runs_and_figures_then_and_now(made: Published):
    """A day later: one more run, and each outcome next to what it was."""
    earlier = stored_report(made)
    made.run(day_of(1), day_of(2))
    part = changes(made, earlier)
    assert "1 run is new. No run that counted then is superseded now." in part.text
    assert "The newest rules are the same." in part.text
    rows = {row[0]: row[1:] for row in cells(part.all("table")[0])}
    assert int(rows["Released"][2].replace(",", "")) > int(rows["Released"][0].replace(",", ""))
    assert part.all("div", "warning") == []


def test_superseded_runs_and_changed_rules(made: Published):
    """The day is run again under other rules: the old run is superseded, and both sentences are in the table."""
    earlier = stored_report(made)
    made.world = force(policy={"legs": {"rule": "off"}})
    made.run(day_of(0), day_of(1), supersede_policy=True)
    part = changes(made, earlier)
    assert "1 run is new. 1 run that counted then is superseded now." in part.text
    (rules,) = [table for table in part.all("table") if table.all("caption")[0].text == "Rules that changed"]
    ((then, now),) = cells(rules)
    assert then.startswith("Not only a protected place is hidden")
    assert now.startswith("The ways to and from home are not hidden")


def test_a_checkpoint_gives_the_log_of_its_time(made: Published):
    """What a report would have printed then is worked out from the manifests."""
    note = made.folder / "checkpoint"
    note.write_text(read_log(made.store / "log")[0].checkpoint)
    then = read_previous(stored_report(made)).printed
    made.run(day_of(1), day_of(2))
    part = changes(made, note)
    assert "Compared with the checkpoint over the first entry of the log." in part.text
    rows = {row[0]: row[1] for row in cells(part.all("table")[0])}
    assert rows["Released"] == f"{then.printed['on_duty']:,}"
    assert part.all("div", "warning") == []


def test_a_log_that_was_rewritten_is_reported(made: Published, tmp_path: Path):
    """A report of another store, or a log that lost an entry, gives a warning."""
    made.run(day_of(1), day_of(2))
    earlier = stored_report(made)
    other = published(tmp_path / "other", force(roster=[entry(n, day_of(0)) for n in range(12)]))
    other.run(day_of(0), day_of(1)).run(day_of(1), day_of(2))
    assert "The log is not the same log any more" in changes(other, earlier).all("div", "warning")[0].text
    last = sorted((made.store / "log").glob("*.entry"))[-1]
    last.unlink()
    assert "The log is not the same log any more" in changes(made, earlier).all("div", "warning")[0].text


def test_a_time_without_a_run_then(made: Published):
    """The checkpoint is of a log without a run over the day requested."""
    note = made.folder / "checkpoint"
    note.write_text(read_log(made.store / "log")[0].checkpoint)
    made.run(day_of(1), day_of(2))
    assert "the log had no run over this time" in changes(made, note, start=day_of(1), end=day_of(2)).text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing of the kind",
        "origin\nten\nAAAA\n",
        "origin\n-1\n" + "A" * 43 + "=\n",
        "origin\n1\n!!!!\n",
        "<html></html>",
        f'<pre id="{BLOCK_ID}">[1]</pre>',
        f'<pre id="{BLOCK_ID}">{{"format": "offduty report 2"}}</pre>',
    ],
)
def test_a_file_that_is_neither_a_report_nor_a_checkpoint(made: Published, text: str):
    """Is an error that says so."""
    path = made.folder / "strange"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"strange: the file is (not a report|neither)"):
        made.report(since=path)


def test_a_block_that_was_edited_to_have_a_small_count(made: Published):
    """No report prints a count from 1 to 9, so the file is not a report as it was made."""
    path = stored_report(made)
    text = path.read_text()
    path.write_text(text.replace('"late_edit":0', '"late_edit":7'))
    assert path.read_text() != text
    with pytest.raises(UsageError, match="was edited"):
        made.report(since=path)


def test_hostile_text_in_an_earlier_report_stays_text(made: Published):
    """A period that contains a script is printed as text."""
    path = stored_report(made)
    path.write_text(path.read_text().replace('"period":"', '"period":"&lt;script&gt;alert(1)&lt;/script&gt;'))
    page = read(made.report(since=path).html)
    assert page.all("script") == []
    assert "<script>alert(1)</script>" in page.by_id("changes").parent.text


def test_a_missing_file(made: Published):
    """Is an error that gives only its name."""
    with pytest.raises(UsageError, match=r"^gone\.html: the file cannot be read"):
        made.report(since=made.folder / "gone.html")
