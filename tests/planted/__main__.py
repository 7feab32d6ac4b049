"""One command that plants each bug in a copy and prints who noticed: the tests, and the auditor.

    make planted                       the whole: the first test of the suite that fails, and every world that is found out
    make planted-short                 the test that is on record for each bug, and the first world that is found out
    python tests/planted --only 3 17   some bugs alone

With `--write` the table is put into docs/planted.md and the tests on record are renewed. The exit is 1 if a bug is not caught by both,
or if anything is found fault with where no bug is planted.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "properties")]

from bugs import BUGS  # noqa: E402
from planted_worlds import Setting, all_settings, written  # noqa: E402
from planting import ROOT, copied, filter_all, in_copy  # noqa: E402
from suite import Failure, failing, first_failure  # noqa: E402

PAGE = ROOT / "docs" / "planted.md"
RECORD = HERE / "caught.json"
HEAD = ("#", "planted bug", "in", "what it would do", "the test that fails", "after s", "the auditor's check", "worlds")
Finding = dict[str, str]


@dataclass(frozen=True)
class Caught:
    """Who noticed a bug: the test that failed (None: none did), and what the auditor found, one for each store."""

    number: int
    test: Failure | None
    findings: list[Finding]

    @property
    def by_both(self) -> bool:
        """Whether the tests and the auditor each noticed."""
        return self.test is not None and bool(self.findings)


@dataclass(frozen=True)
class Bench:
    """Where the worlds lie, as jobs, and what the filter as it stands made of them; ``short`` is content with the first finding."""

    folder: Path
    settings: dict[str, Setting]
    record: dict[str, str]
    short: bool

    @property
    def jobs(self) -> Path:
        """The worlds, one folder each."""
        return self.folder / "jobs"

    @property
    def clean(self) -> Path:
        """What the filter as it stands made of them."""
        return self.folder / "clean"

    def judged(self, stores: Path, clean: Path) -> list[Finding]:
        """What the auditor, as it stands, says of stores that are not those in ``clean``."""
        arguments: list[str | Path] = [HERE / "judging.py", self.jobs, stores, clean]
        done = in_copy(ROOT, *arguments, *(["first"] if self.short else []))
        if done.returncode:
            raise RuntimeError(f"the auditor could not be asked: {done.stderr[-2_000:]}")
        found: list[Finding] = json.loads(done.stdout)
        return found

    def look(self, number: int) -> Caught:
        """Plant one bug and ask both."""
        began = time.monotonic()
        bug, place = BUGS[number], self.folder / f"bug {number}"
        with removed(place):
            copy = copied(place / "copy", bug)
            filter_all(copy, self.jobs, place / "stores")
            findings = self.judged(place / "stores", self.clean)
            test = self._first_failure(copy, self.record.get(bug.name))
        say(f"{number:>3} {bug.name}: {time.monotonic() - began:.0f} s")
        return Caught(number, test, findings)

    def _first_failure(self, copy: Path, on_record: str | None) -> Failure | None:
        if not self.short:
            return first_failure(copy, *([on_record] if on_record else []))
        began = time.monotonic()
        found = failing(copy, [on_record] if on_record else [])
        return Failure(found[0], round(time.monotonic() - began, 1)) if found else None


@contextmanager
def removed(folder: Path) -> Iterator[None]:
    """Whatever is made there goes in the end."""
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def set_up(folder: Path, record: dict[str, str], short: bool) -> Bench:
    """Write the worlds, and run the filter as it stands over them."""
    settings = {f"{number:02}": setting for number, setting in enumerate(all_settings())}
    bench = Bench(folder, settings, record, short)
    for name, setting in settings.items():
        written(setting, bench.jobs / name)
    filter_all(ROOT, bench.jobs, bench.clean)
    return bench


def false_alarms(bench: Bench, caught: list[Caught]) -> list[str]:
    """What is found fault with where no bug is planted: stores by the auditor, tests that were said to catch a bug."""
    lost = [bench.settings[name].name for name in bench.settings if not (bench.clean / name).exists()]
    found = bench.judged(bench.clean, bench.folder / "nothing")
    alarms = [f"the auditor, world {bench.settings[f['job']].name}: {f['check']}: {f['example']}" for f in found]
    tests = sorted({each.test.test for each in caught if each.test})
    place = bench.folder / "as it stands"
    with removed(place):
        fails = failing(copied(place, None), tests)
    return [
        *(f"the filter fails on the world {name}" for name in lost),
        *alarms,
        *(f"the test {test}" for test in fails),
    ]


def row(each: Caught, bench: Bench) -> list[str]:
    """One line of the table."""
    bug = BUGS[each.number]
    test = [f"`{each.test.test}`", f"{each.test.seconds:.1f}"] if each.test else ["**none**", ""]
    checks = Counter(finding["check"] for finding in each.findings)
    worlds = [bench.settings[finding["job"]].name for finding in each.findings]
    audit = [", ".join(checks), f"{len(worlds)}: {worlds[0]}"] if worlds else ["**none**", "0"]
    rooms = ", ".join(f"`{module.removesuffix('.py')}`" for module in bug.modules)
    return [str(each.number), bug.name, rooms, f"{bug.harm} ({bug.rule})", *test, *audit]


def table(rows: list[list[str]]) -> str:
    """A Markdown table; a bar within a cell does not end it."""
    lines = [list(HEAD), ["---"] * len(HEAD), *([cell.replace("|", "\\|") for cell in line] for line in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_down(text: str, caught: list[Caught]) -> None:
    """Put the table into the page, between its marks, and the tests on record."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition("<!-- planted -->\n")
    after = rest.partition("<!-- /planted -->")[2]
    PAGE.write_text(f"{before}<!-- planted -->\n{text}\n<!-- /planted -->{after}", encoding="utf-8")
    record = {BUGS[each.number].name: each.test.test for each in caught if each.test}
    RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def say(text: str) -> None:
    """Tell whoever waits; the table alone goes to standard output."""
    print(text, file=sys.stderr, flush=True)


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python tests/planted", description=__doc__)
    parser.add_argument(
        "--short", action="store_true", help="the tests on record, and the first world that is found out"
    )
    parser.add_argument("--only", type=int, nargs="+", metavar="N", default=list(BUGS), help="these bugs alone")
    parser.add_argument("--write", action="store_true", help="put the table into docs/planted.md")
    asked = parser.parse_args()
    if asked.write and (asked.short or asked.only != list(BUGS)):
        parser.error("--write wants the whole table")
    return asked


def main() -> int:
    """Plant, ask, print; 0 when each bug was caught by both and nothing else was found fault with."""
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a job in the background ignores it, and some tests send it
    asked = options()
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        bench = set_up(Path(folder), record, asked.short)
        with ThreadPoolExecutor(2) as pool:
            caught = list(pool.map(bench.look, asked.only))
        alarms = false_alarms(bench, caught)
        text = table([row(each, bench) for each in caught])
    passed = sum(each.by_both for each in caught)
    missed = len(caught) - passed
    ending = f"{len(bench.settings)} worlds; where no bug is planted: {len(alarms)} found fault with"
    print(f"{text}\n\n{ending}\n{passed} passed, {missed + len(alarms)} failed")
    for alarm in alarms:
        say(f"no bug is planted, and yet: {alarm}")
    if asked.write:
        write_down(f"{text}\n\n{ending}.", caught)
    return 1 if missed or alarms else 0


if __name__ == "__main__":
    sys.exit(main())
