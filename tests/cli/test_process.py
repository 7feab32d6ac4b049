"""A process of its own ends, prints and answers as `main` does in this process, and as one that is forked where the
libraries are loaded already: so most tests may ask it here, and the checks beside the project may ask it there.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.command import here, offduty
from tests.warm_command import warm_command
from tests.world import AFTERWARDS, lay_out, ping, shift, world

RUN = ("run", "job.toml", "--as-of", AFTERWARDS)
NOBODYS_LEAVE = shift(shift_id=None, officer=None, code="leave")
COMMANDS = {
    "a run": (0, RUN),
    "a run in JSON": (0, (*RUN, "--json")),
    "a run that was there": (0, (*RUN, "--store", "done")),
    "a plan": (0, ("plan", "job.toml", "--store", "done", "--from", "2026-03-02", "--to", "2026-03-03")),
    "a head": (0, ("checkpoint", "done")),
    "a proof": (0, ("proof", "done", "0")),
    "an expiry": (0, ("expire", "job.toml", "--store", "done", "--before", "2026-03-03")),
    "a report": (0, ("report", "done", "--no-proof", "-o", "page.html")),
    "a store without a fault": (0, ("verify", "done")),
    "no such option": (2, (*RUN, "--frm", "2026-01-01")),
    "an input that stops": (3, ("run", "stops.toml", "--as-of", AFTERWARDS)),
    "a log that is damaged": (6, (*RUN, "--store", "damaged")),
    "a store with a fault": (7, ("verify", "changed")),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job, one that stops, and stores: with a run, with a damaged entry, with a changed ledger."""
    made = tmp_path_factory.mktemp("process")
    job = lay_out(world([ping("09:00"), ping("05:00")]), made, signing="5a" * 32)
    assert here(*RUN, "--store", "done", cwd=made).returncode == 0
    lay_out(world(roster=[NOBODYS_LEAVE]), made / "stops")
    (made / "stops.toml").write_text(job.read_text().replace("roster.csv", "stops/roster.csv"))
    for name in ("damaged", "changed"):
        shutil.copytree(made / "done", made / name)
    (made / "damaged" / "log" / "000000000000.entry").write_text("{}")
    (ledger,) = (made / "changed" / "runs").glob("*/ledger/*.parquet")
    ledger.write_bytes(ledger.read_bytes() + b" ")
    return made


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., subprocess.CompletedProcess]]:
    """Asks as `tests.beside` does."""
    with warm_command(tmp_path_factory.mktemp("warm")) as command:
        yield lambda *arguments, cwd: subprocess.run(
            [*command, *arguments], capture_output=True, text=True, timeout=120, cwd=cwd, check=False
        )


@pytest.mark.parametrize("what", COMMANDS)
def test_a_process_says_what_is_said_here(folder: Path, tmp_path: Path, forked, what: str):
    """The same exit, the same standard output, the same standard error: but for how long it took."""
    code, arguments = COMMANDS[what]
    ends = []
    for ask in (offduty, here, forked):
        place = tmp_path / "place"
        shutil.copytree(folder, place)
        done = ask(*arguments, cwd=place)
        ends.append((done.returncode, timeless(done.stdout), timeless(done.stderr)))
        shutil.rmtree(place)
    assert ends[1] == ends[0]
    assert ends[2] == ends[0]
    assert ends[0][0] == code


def timeless(text: str) -> str:
    """The text without durations, which are other ones each time."""
    return re.sub(r'took [0-9.]+ s|"seconds":[ 0-9.e-]+', "took", text)
