"""Files arrive, micro-batch by micro-batch: what is ready is published, and every row is recorded once, whatever dies
meanwhile.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from offduty import run
from offduty.core.errors import StoreBusyError, UsageError
from offduty.runs.follow import follow
from tests.spark.same import AS_OF, recorded, sample

HOUR_S = 3_600
START = datetime(2026, 3, 23)


class Feed:
    """The sample's week, whose files are yet to come, and what one run over all of it says."""

    def __init__(self, folder: Path) -> None:
        self.job = sample(folder / "job")
        self.pings = self.job.parent / "pings"
        self.whole = run(self.job, as_of=AS_OF, store=folder / "whole").path
        self.later = folder / "later"
        self.pings.rename(self.later)
        self.pings.mkdir()
        self.store, self.checkpoint = self.job.parent / "store", folder / "checkpoint"

    def arrive(self, *names: str) -> None:
        """These days' files come in whole."""
        for name in names:
            shutil.copy(self.later / f"2026-03-{name}.parquet", self.pings / f"_{name}")
            (self.pings / f"_{name}").rename(self.pings / f"2026-03-{name}.parquet")

    def follow(self, **options: Any) -> list[Any]:
        """All that lies there, and an hour is enough for a ping to arrive."""
        return follow(
            self.job, checkpoint=self.checkpoint, **{"every_s": None, "lateness_s": HOUR_S, "start": START, **options}
        )

    def manifests(self) -> list[dict[str, Any]]:
        """The entries of the log."""
        return [json.loads(e.read_bytes().split(b"\n\n")[0]) for e in sorted((self.store / "log").glob("*.entry"))]

    def newest(self) -> dict[tuple[str, str], str]:
        """The newest run over each interval."""
        return {tuple(one["interval"].values()): one["run_id"] for one in self.manifests()}

    def told(self) -> dict[tuple[str, int], str]:
        """The reasons that the newest runs have recorded, by file name and row: each row once."""
        found: dict[tuple[str, int], str] = {}
        names = {one["run_id"]: {i["file"]: i["name"] for i in one["inputs"]} for one in self.manifests()}
        times: Counter[tuple[str, int]] = Counter()
        for run_id in self.newest().values():
            for (file, row), reason in recorded(self.store / "runs" / run_id).items():
                found[names[run_id][file], row] = reason
                times[names[run_id][file], row] += 0 if reason == "quarantine:bad_time" else 1
        assert set(times.values()) <= {0, 1}
        return found

    def must_be(self) -> dict[tuple[str, int], str]:
        """What the one run recorded, by file name and row."""
        files = sorted(path.name for path in self.later.iterdir())
        return {(f"pings/{files[file]}", row): reason for (file, row), reason in recorded(self.whole).items()}


@pytest.fixture
def feed(spark: object, tmp_path: Path) -> Feed:
    """A feed of which nothing has arrived."""
    return Feed(tmp_path)


def agrees(feed: Feed) -> int:
    """How many rows are recorded; each as the run over everything has it."""
    told, must = feed.told(), feed.must_be()
    assert {key: (reason, must[key]) for key, reason in told.items() if must[key] != reason} == {}
    return len(told)


def test_each_batch_is_a_run_of_what_is_ready(feed: Feed):
    """The runs stand end to end, each ends before the windows that are open yet, and no reason is another than in one
    run.
    """
    feed.arrive("23", "24")
    assert len(feed.follow()) == 1
    first = agrees(feed)
    feed.arrive("25", "26")
    assert len(feed.follow()) == 1
    assert agrees(feed) > first
    assert all(one["open_windows"] == 0 for one in feed.manifests())
    (_, end), (begin, _) = (tuple(one["interval"].values()) for one in feed.manifests())
    assert begin == end
    assert feed.manifests()[0]["interval"]["from"] == "2026-03-23T00:00:00Z"


def test_nothing_new_is_nothing_to_do(feed: Feed):
    """Also where the checkpoint was lost: the log knows."""
    feed.arrive("23", "24")
    assert len(feed.follow()) == 1
    assert feed.follow() == []
    shutil.rmtree(feed.checkpoint)
    assert feed.follow() == []
    assert len(feed.manifests()) == 1


def test_a_file_that_comes_late_has_its_intervals_run_again(feed: Feed):
    """Each as it was, and no other; the new runs supersede the old ones."""
    feed.arrive("23", "25")
    feed.follow()
    feed.arrive("26")
    feed.follow()
    before = feed.newest()
    assert len(before) == 2
    feed.arrive("24")
    again = feed.follow()
    assert [one.run_id for one in again] == [feed.newest()[span] for span in list(before)[:1]]
    assert set(feed.newest()) == set(before)
    assert [span for span in before if feed.newest()[span] != before[span]] == list(before)[:1]
    agrees(feed)


@pytest.mark.parametrize("when", ["before it published", "after it published"])
def test_a_stream_that_died_goes_on_where_it_was(feed: Feed, monkeypatch: pytest.MonkeyPatch, when: str):
    """The batch was not handled, so it comes again; what it had published is not published again."""
    feed.arrive("23", "24", "25")
    real = run

    def dying(*arguments: Any, **options: Any) -> Any:
        if when == "after it published":
            real(*arguments, **options)
        raise MemoryError("here it died")

    with monkeypatch.context() as patched:
        patched.setattr("offduty.runs.follow.run", dying)
        with pytest.raises(MemoryError):
            feed.follow()
    assert len(feed.manifests()) == (1 if when == "after it published" else 0)
    assert len(feed.follow()) == (0 if when == "after it published" else 1)
    assert len(feed.manifests()) == 1
    feed.arrive("26", "27")
    assert len(feed.follow()) == 1
    agrees(feed)


def test_two_streams_do_not_share_a_checkpoint(feed: Feed):
    """The second one is told so, and changes nothing."""
    import fcntl

    feed.checkpoint.mkdir()
    with (feed.checkpoint / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(StoreBusyError, match="another run is using the checkpoint"):
            feed.follow()


def test_a_store_with_other_runs_is_no_streams(feed: Feed):
    """A run with an interval of its own would be taken for the stream's."""
    feed.arrive("23", "24")
    run(feed.job, start="2026-03-22", end="2026-03-24", as_of=AS_OF)
    with pytest.raises(UsageError, match="a store of its own"):
        feed.follow()


def test_pings_must_be_a_folder(feed: Feed):
    """One file is not where others will arrive."""
    feed.arrive("23")
    feed.job.write_text(feed.job.read_text().replace("pings/*.parquet", "pings/2026-03-23.parquet"))
    with pytest.raises(UsageError, match=r"inputs\.pings must name a folder"):
        feed.follow()
