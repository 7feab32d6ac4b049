"""One command that plants each bug in a copy and prints who noticed: the tests, and the auditor.

    make planted                       the whole: the first test of the suite that fails, and every world that is found out
    make planted-short                 the test that is on record for each bug, and the first world that is found out
    make planted-third THIRD=0         every third of them, as .ci/run does: the number of commits says which
    python -m tests.planted --only 3 17   some bugs alone

With `--write` the table is put into docs/explanation/planted.md and the tests on record are renewed. The exit is 1 if a bug is not
caught by both, or if anything is found fault with where no bug is planted.
"""

from __future__ import annotations

import argparse
import itertools
import json
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.planted.bugs import BUGS
from tests.planted.judging import Finding, judged
from tests.planted.planted_worlds import Setting, all_settings, written
from tests.planted.planting import ROOT, copied
from tests.planted.suite import Failure, failing, first_failure
from tests.written import rewrite

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent
PAGE = ROOT / "docs" / "explanation" / "planted.md"
RECORD = HERE / "caught.json"
SEEN = HERE / "seen.json"
HEAD = (
    "#",
    "planted bug",
    "in",
    "what it would do",
    "the test that fails",
    "after s",
    "checks of verify that fail",
    "worlds",
)
AS_IT_STANDS = "as it stands"
SIDE_BY_SIDE = 2
TRIES = 3


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


class Warm:
    """Warm processes, which run the filter and a test from a copy; see warm.py. Each is used by one thread at a time."""

    def __init__(self, count: int) -> None:
        self._free: queue.Queue[subprocess.Popen[str]] = queue.Queue()
        self._number = itertools.count()
        for _ in range(count):
            command = [sys.executable, str(HERE / "warm.py")]
            self._free.put(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))

    def work(self, place: Path, stores: Path, **asked: Any) -> dict[str, Any]:
        """Have it done, and read the answer. A fork of a process with threads may hang, and is given up: then once
        more.
        """
        for _ in range(TRIES):
            shutil.rmtree(stores, ignore_errors=True)
            answer = place / f"answer {next(self._number)}.json"
            process = self._free.get()
            try:
                assert process.stdin and process.stdout
                process.stdin.write(json.dumps({**asked, "stores": stores, "answer": answer}, default=str) + "\n")
                process.stdin.flush()
                process.stdout.readline()
            finally:
                self._free.put(process)
            if answer.exists():
                found: dict[str, Any] = json.loads(answer.read_text())
                return found
        raise RuntimeError(f"nothing came of a copy: {answer.with_suffix('.txt').read_text()[-2_000:]}")

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *_: object) -> None:
        while not self._free.empty():
            self._free.get().communicate()


@dataclass(frozen=True)
class Bench:
    """Where the worlds lie, as jobs, and what the filter as it stands made of them; ``short`` is content with the first
    finding. ``seen`` names a world in which each bug was found before, and which is looked at first.
    """

    folder: Path
    settings: dict[str, Setting]
    record: dict[str, str]
    short: bool
    warm: Warm
    auditor: threading.Lock
    seen: dict[str, str] = field(default_factory=dict)

    @property
    def jobs(self) -> Path:
        """The worlds, one folder each."""
        return self.folder / "jobs"

    @property
    def clean(self) -> Path:
        """What the filter as it stands made of them."""
        return self.folder / "clean"

    def job(self, world: str | None) -> str | None:
        """The job of a world; None where there is none."""
        return next((name for name, setting in self.settings.items() if setting.name == world), None)

    def published(self, name: str) -> bool:
        """Whether the filter as it stands published anything about a world."""
        return any((self.clean / name / "log").glob("*.entry"))

    def look(self, number: int) -> Caught:
        """Plant one bug and ask both."""
        bug, place = BUGS[number], self.folder / f"bug {number}"
        with removed(place):
            copy = copied(place / "copy", bug, like=self.folder / AS_IT_STANDS)
            known, until = self.record.get(bug.name), self.clean if self.short else None
            stores, first = place / "stores", self.job(self.seen.get(bug.name))
            told = self.warm.work(place, copy=copy, jobs=self.jobs, stores=stores, clean=until, test=known, first=first)
            findings = self.judged(stores, self.clean)
            if self.short and not findings:  # the first store that is unlike may be unlike in what nobody checks
                self.warm.work(place, copy=copy, jobs=self.jobs, stores=stores, clean=None, test=None)
                findings = self.judged(stores, self.clean)
            test = Failure(told["failed"][0], told["seconds"]) if told["failed"] else None
            if test is None and not self.short:
                test = first_failure(copy)
        return Caught(number, test, findings)

    def judged(self, stores: Path, clean: Path) -> list[Finding]:
        """What the auditor says of stores that are not those in ``clean``; one thread at a time."""
        with self.auditor:
            found = judged(self.jobs, stores, clean)
            return list(itertools.islice(found, 1) if self.short and clean == self.clean else found)


@contextmanager
def removed(folder: Path) -> Iterator[None]:
    """Whatever is made there goes in the end."""
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def set_up(folder: Path, record: dict[str, str], short: bool, warm: Warm) -> Bench:
    """Write the worlds, and run the filter as it stands over them."""
    settings = {f"{number:02}": setting for number, setting in enumerate(all_settings())}
    bench = Bench(folder, settings, record, short, warm, threading.Lock(), recorded(SEEN))
    for name, setting in settings.items():
        written(setting, bench.jobs / name)
    copy = copied(folder / AS_IT_STANDS, None)
    warm.work(folder, copy=copy, jobs=bench.jobs, stores=bench.clean, clean=None, test=None)
    return bench


def false_alarms(bench: Bench, caught: list[Caught]) -> list[str]:
    """What is found fault with where no bug is planted: stores by the auditor, tests that were said to catch a bug.

    The short way leaves these tests out: they are of the suite, and `make test` runs them.
    """
    lost = [setting.name for name, setting in bench.settings.items() if bench.published(name) is setting.stops]
    found = bench.judged(bench.clean, bench.folder / "nothing")
    alarms = [f"verify, world {bench.settings[each.job].name}: {each.checks}: {each.example}" for each in found]
    tests = [] if bench.short else sorted({each.test.test for each in caught if each.test})
    fails = failing(bench.folder / AS_IT_STANDS, tests)
    return [
        *(f"the filter does not do what it must on the world {name}" for name in lost),
        *alarms,
        *(f"the test {test}" for test in fails),
    ]


def row(each: Caught, bench: Bench) -> list[str]:
    """One line of the table."""
    bug = BUGS[each.number]
    test = [f"`{each.test.test}`", f"{each.test.seconds:.1f}"] if each.test else ["**none**", ""]
    checks = {number for finding in each.findings for number in finding.checks}
    worlds = [bench.settings[finding.job].name for finding in each.findings]
    audit = [", ".join(sorted(checks)), f"{len(worlds)}: {worlds[0]}"] if worlds else ["**none**", "0"]
    rooms = ", ".join(f"`{module.removesuffix('.py')}`" for module in bug.modules)
    return [str(each.number), bug.name, rooms, f"{bug.harm} ({bug.rule})", *test, *audit]


def table(rows: list[list[str]]) -> str:
    """A Markdown table; a bar within a cell does not end it."""
    lines = [list(HEAD), ["---"] * len(HEAD), *([cell.replace("|", "\\|") for cell in line] for line in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def recorded(path: Path) -> dict[str, str]:
    """What is on record for each bug by its name."""
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def write_down(text: str, caught: list[Caught], bench: Bench) -> None:
    """Put the table into the page, between its marks, and write the tests and the worlds on record."""
    rewrite(PAGE, "planted", text)
    tests = {BUGS[each.number].name: each.test.test for each in caught if each.test}
    worlds = {BUGS[each.number].name: bench.settings[each.findings[0].job].name for each in caught if each.findings}
    for path, record in ((RECORD, tests), (SEEN, worlds)):
        path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def say(text: str) -> None:
    """Tell whoever waits; the table alone goes to standard output."""
    print(text, file=sys.stderr, flush=True)


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument(
        "--short", action="store_true", help="the tests on record, and the first world that is found out"
    )
    parser.add_argument("--only", type=int, nargs="+", metavar="N", default=list(BUGS), help="these bugs alone")
    parser.add_argument("--third", type=int, choices=range(3), help="every third bug, beginning with this one (from 0)")
    parser.add_argument(
        "--write",
        action="store_true",
        help="put the table into docs/explanation/planted.md, and renew the tests on record",
    )
    asked = parser.parse_args()
    if asked.third is not None:
        asked.only = asked.only[asked.third :: 3]
    if asked.write and asked.only != list(BUGS):
        parser.error("--write wants all bugs")
    return asked


def main() -> int:
    """Plant, ask, print; 0 when each bug was caught by both and nothing else was found fault with."""
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a job in the background ignores it, and some tests send it
    asked = options()
    record = recorded(RECORD)
    with tempfile.TemporaryDirectory() as folder, Warm(SIDE_BY_SIDE) as warm:
        bench = set_up(Path(folder), record, asked.short, warm)
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            caught = []
            for each in pool.map(bench.look, asked.only):
                caught.append(each)
                say(
                    f"{each.number:>3} {BUGS[each.number].name}: {'caught by both' if each.by_both else 'NOT CAUGHT BY BOTH'}"
                )
        alarms = false_alarms(bench, caught)
        text = table([row(each, bench) for each in caught])
    passed = sum(each.by_both for each in caught)
    missed = len(caught) - passed
    ending = f"{len(bench.settings)} worlds; where no bug is planted: {len(alarms)} found fault with"
    print(f"{text}\n\n{ending}\n{passed} passed, {missed + len(alarms)} failed")
    for alarm in alarms:
        say(f"no bug is planted, and yet: {alarm}")
    if asked.write:
        write_down(f"{text}\n\n{ending}.", caught, bench)
    return 1 if missed or alarms else 0


if __name__ == "__main__":
    sys.exit(main())
