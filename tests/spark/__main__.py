"""Prints the table "local = Spark": what both engines decided, and how many files of their stores differ; exits with 1
where any does.

`python -m tests.spark [--pings N] [--write]`: N million made-up pings besides (20 unless found otherwise); --write puts
the table into its page.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.worlds import make_world
from offduty import run
from offduty.engines.spark.session import find_spark, open_session
from tests.paths import ROOT, SHARED
from tests.spark.same import (
    AS_OF,
    Compared,
    compared,
    conformance,
    decided_by_spark,
    examples,
    job_of,
    recorded,
    sample,
)
from tests.written import rewrite

PAGE = ROOT / "docs" / "how-to" / "spark.md"
Line = tuple[str, int, int, int]


def main() -> int:
    """Compare everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.spark", description=__doc__)
    parser.add_argument("--pings", type=float, default=20, help="how many million made-up pings")
    parser.add_argument("--keep", type=Path, help="where to make them, and to leave them for the next time")
    parser.add_argument("--write", action="store_true", help="put the table into docs/how-to/spark.md")
    options = parser.parse_args()
    find_spark()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        private = folder / "spark"
        private.mkdir()
        with open_session("local[2]", private, 2) as session:
            session.conf.set("spark.sql.shuffle.partitions", "2")
            lines = list(lines_of(session, folder, int(options.pings * 1_000_000), options.keep or folder))
    rows = [f"| {what} | {cases:,} | {pings:,} | {wrong:,} |" for what, cases, pings, wrong in lines]
    table = "\n".join(["| local = Spark | cases | rows | differences |", "|---|---|---|---|", *rows])
    print(table)
    if options.write:
        rewrite(PAGE, "spark-same", table)
    return 1 if any(line[3] for line in lines) else 0


def lines_of(session: object, folder: Path, pings: int, keep: Path) -> Iterator[Line]:
    """One line for each kind of comparison."""
    for what, worlds in (("examples of docs/reference/reasons.md", examples()), ("conformance cases", conformance())):
        found = []
        for number, (_, given) in enumerate(worlds):
            job = job_of(given, folder / what.split()[0] / str(number))
            found.append(compared(job, given["as_of"], given["interval"]))
        if found:
            yield line(f"store: {what}", found)
    week = sample(folder / "sample")
    yield line("store: the sample's week", [compared(week, AS_OF)])
    days = [(f"2026-03-{day}", f"2026-03-{day + 1}") for day in range(23, 30)]
    yield line("store: the sample day by day", [compared(week, AS_OF, day) for day in days])
    yield table_line("table: the sample's week", session, week)
    phones = SHARED / "real" / "phones"
    if phones.exists():
        job = sample(folder / "phones", phones)
        yield line("store: real phones", [compared(job, AS_OF)])
        yield table_line("table: real phones", session, job)
    world = make_world(keep, pings)
    yield line(f"store: {pings:,} made-up pings", [compared(world / "job.toml", AS_OF)])


def line(what: str, found: list[Compared]) -> Line:
    """What was compared, how often, the number of rows, and the number of files that differ."""
    return what, len(found), sum(one.rows for one in found), sum(len(one.differences) for one in found)


def table_line(what: str, session: object, job: Path) -> Line:
    """The reasons that `decide` gives for a table, compared with the ledger of a run."""
    as_of = f"{AS_OF}T00:00:00Z"
    wanted = recorded(run(job, as_of=as_of, store=job.parent / "store-table").path)
    decided = decided_by_spark(session, job, as_of).select("file", "row", "reason").collect()
    found = {(row["file"], row["row"]): row["reason"] for row in decided}
    wrong = sum(found.get(key) != wanted.get(key) for key in {*found, *wanted})
    return what, 1, len(wanted), wrong + len(decided) - len(found)


if __name__ == "__main__":
    sys.exit(main())
