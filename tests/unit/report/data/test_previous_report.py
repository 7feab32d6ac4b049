"""What changed since the last report: read from its page, or from a checkpoint; and a log that is no longer the same is
told.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from offduty.core.errors import UsageError
from offduty.report.data.counts import FATES
from offduty.report.data.previous_report import BLOCK_ID, read_before
from offduty.report.disclosure import FEWEST
from offduty.transparency.log import read_log
from tests.unit.report.forces import Published, day_of, entry, force, published
from tests.unit.report.pages import cells, read


def changes(made: Published, since: Path, **how):
    """The part of a new report that compares."""
    return read(made.report(since=since, **how).html).by_id("changes").parent


def kept(made: Published, name: str = "before.html") -> Path:
    """A report, kept as a file beside the store."""
    path = made.folder / name
    path.write_bytes(made.report().html)
    return path


@pytest.fixture
def made(tmp_path: Path) -> Published:
    """One day of two, run."""
    return published(tmp_path).run(day_of(0), day_of(1))


def test_a_report_reads_what_another_printed(made: Published):
    """The same figures, to the last; none of them small, and the machine's block says what the page says."""
    before = read_before(kept(made))
    assert before.said is not None
    assert set(before.said.printed) == set(FATES)
    assert all(value is None or value == 0 or value >= FEWEST for value in before.said.printed.values())
    shown = {
        row[0].split()[-1]: row[1]
        for row in cells(read(kept(made, "again.html").read_bytes()).all("table", "fates")[0])
    }
    for fate, value in before.said.printed.items():
        assert shown[fate] == ("none" if value == 0 else "fewer than 10" if value is None else f"{value:,}")


def test_new_runs_and_figures_then_and_now(made: Published):
    """A day later: one run more, and each fate beside what it was."""
    earlier = kept(made)
    made.run(day_of(1), day_of(2))
    part = changes(made, earlier)
    assert "1 run is new. No run that counted then is superseded now." in part.text
    assert "The newest rules are the same." in part.text
    rows = {row[0]: row[1:] for row in cells(part.all("table")[0])}
    assert int(rows["Released"][2].replace(",", "")) > int(rows["Released"][0].replace(",", ""))
    assert part.all("div", "loud") == []


def test_superseded_runs_and_changed_rules(made: Published):
    """The day is run again under other rules: what counted is superseded, and the sentence that changed stands twice."""
    earlier = kept(made)
    made.world = force(policy={"legs": {"rule": "off"}})
    made.run(day_of(0), day_of(1))
    part = changes(made, earlier)
    assert "1 run is new. 1 run that counted then is superseded now." in part.text
    (rules,) = [table for table in part.all("table") if table.all("caption")[0].text == "Rules that changed"]
    ((then, now),) = cells(rules)
    assert then.startswith("The whole way between work")
    assert now.startswith("The ways to and from home are not hidden")


def test_a_checkpoint_stands_for_the_log_of_its_time(made: Published):
    """As the log's entries end with it; what a report would have said then is worked out from the manifests."""
    note = made.folder / "checkpoint"
    note.write_text(read_log(made.store / "log")[0].checkpoint)
    then = read_before(kept(made)).said
    made.run(day_of(1), day_of(2))
    part = changes(made, note)
    assert "Compared with the checkpoint over the log’s first 1 entries." in part.text
    rows = {row[0]: row[1] for row in cells(part.all("table")[0])}
    assert rows["Released"] == f"{then.printed['on_duty']:,}"
    assert part.all("div", "loud") == []


def test_a_log_that_was_rewritten_is_told(made: Published, tmp_path: Path):
    """Another store's report, or a log that lost what it held: neither is passed over."""
    made.run(day_of(1), day_of(2))
    earlier = kept(made)
    other = published(tmp_path / "other", force(roster=[entry(n, day_of(0)) for n in range(12)]))
    other.run(day_of(0), day_of(1)).run(day_of(1), day_of(2))
    assert "The log is not the one it was" in changes(other, earlier).all("div", "loud")[0].text
    last = sorted((made.store / "log").glob("*.entry"))[-1]
    last.unlink()
    assert "The log is not the one it was" in changes(made, earlier).all("div", "loud")[0].text


def test_a_time_that_had_no_run_then(made: Published):
    """The checkpoint is of a log without the day that is asked for."""
    note = made.folder / "checkpoint"
    note.write_text(read_log(made.store / "log")[0].checkpoint)
    made.run(day_of(1), day_of(2))
    assert "held no run over this time" in changes(made, note, start=day_of(1), end=day_of(2)).text


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
def test_what_is_no_report_and_no_checkpoint(made: Published, text: str):
    """Is said to be neither."""
    path = made.folder / "strange"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"strange: the file is (no report|neither)"):
        made.report(since=path)


def test_a_block_that_was_edited_to_hold_a_small_count(made: Published):
    """Nothing under ten was ever printed, so a block that says so is no report's."""
    path = kept(made)
    text = path.read_text()
    path.write_text(text.replace('"late_edit":0', '"late_edit":7'))
    assert path.read_text() != text
    with pytest.raises(UsageError, match="was edited"):
        made.report(since=path)


def test_hostile_words_in_an_earlier_report_stay_words(made: Published):
    """A period that is a script is printed as text."""
    path = kept(made)
    path.write_text(path.read_text().replace('"period":"', '"period":"&lt;script&gt;alert(1)&lt;/script&gt;'))
    page = read(made.report(since=path).html)
    assert page.all("script") == []
    assert "<script>alert(1)</script>" in page.by_id("changes").parent.text


def test_a_file_that_is_not_there(made: Published):
    """Says so, by its name alone."""
    with pytest.raises(UsageError, match=r"^gone\.html: the file cannot be read"):
        made.report(since=made.folder / "gone.html")
