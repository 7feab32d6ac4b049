"""What a command did stays done, and is said truly, whatever becomes of its words (specification#outcome-stands).

Every command that writes is run with its standard streams full, closed, or read by nobody. What it changed is the same
as without; what was asked for on standard output and did not arrive is exit 6; and nothing that nobody reads is a fault.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from offduty.admin.init import signing_files
from offduty.cli import cli
from tests.cli.command import here, offduty, on_terminal
from tests.cli.disturbed_streams import STREAMS, Ended, disturbed
from tests.world import AFTERWARDS, lay_out, ping, shift, world

RUN = ("run", "job.toml", "--as-of", AFTERWARDS)
DAYS = (*RUN, "--from", "2026-03-02", "--to", "2026-03-04", "--each", "day")
DONE = ("--store", "done")
COMMANDS: dict[str, tuple[str, ...]] = {
    "run": RUN,
    "run, in JSON": (*RUN, "--json"),
    "run that was there": (*RUN, *DONE, "--json"),
    "run day by day": DAYS,
    "run day by day, in JSON": (*DAYS, "--json"),
    "run that stops": ("run", "stops.toml", "--as-of", AFTERWARDS),
    "expire": ("expire", "job.toml", *DONE, "--before", "2026-03-03"),
    "expire, in JSON": ("expire", "job.toml", *DONE, "--before", "2026-03-03", "--json"),
    "rotate": ("rotate", "job.toml", *DONE, "--new", "new.key"),
    "init": ("init", "made"),
    "init from files": ("init", "made", "--from", "pings=pings", "roster=roster.csv"),
    "plan": ("plan", "job.toml", *DONE),
    "plan, in JSON": ("plan", "job.toml", *DONE, "--json"),
    "check": ("check", "job.toml"),
    "check, in JSON": ("check", "job.toml", "--json"),
    "check with a page": ("check", "job.toml", "-o", "page.html"),
    "check that stops": ("check", "stops.toml"),
    "current": ("current", "done"),
    "current, in JSON": ("current", "done", "--json"),
    "current of a time without a run": ("current", "done", "--from", "2020-01-01", "--to", "2020-01-02"),
    "verify": ("verify", "done"),
    "verify, in JSON": ("verify", "done", "--json"),
    "verify that fails": ("verify", "changed"),
    "report": ("report", "done", "--no-proof", "-o", "page.html"),
    "own copy": ("report", "done", "--officer", "o1", "--inputs", "job.toml", "-o", "page.html"),
    "attack without truth": ("attack", "done"),
    "synth": ("synth", "force", "--officers", "2", "--days", "1"),
    "declared interests that were not agreed on": (
        *("interests", "--policy", "policy.toml", "--roster", "roster.csv", "--register", "register.csv"),
    ),
    "roster audit that was not agreed on": ("roster-audit", "--policy", "policy.toml", "--roster", "roster.csv"),
    "presence that was not agreed on": (
        *("presence", "done", "--policy", "policy.toml", "--roster", "roster.csv"),
        *("--sites", "sites.csv", "--key", "pseudonym.key"),
    ),
    "days on site that were not agreed on": (
        *("site-days", "done", "--policy", "policy.toml", "--roster", "roster.csv", "--period", "2026-03"),
        *("--sites", "sites.csv", "--key", "pseudonym.key"),
    ),
    "compare what is not there": ("compare", "done/runs/one", "done/runs/other"),
    "consult": ("consult", "done", "--policy", "policy.toml", "--signing", "signing.key", "-o", "."),
    "sign with a new key": ("sign", "union.key", "--name", "union"),
    "agree on what needs no signature": ("agree", "job.toml", "signing.pub"),
    "demo in a folder that is there": ("demo", "done"),
    "convert, the list of forms": ("convert",),
    "explain": ("explain", "job.toml", "--row", "0:0"),
    "docs": ("docs",),
    "docs, a long page": ("docs", "specification"),
    "checkpoint": ("checkpoint", "done"),
    "checkpoint, in JSON": ("checkpoint", "done", "--json"),
    "proof": ("proof", "done", "0"),
    "proof checked": ("proof", "--check", "proof.txt", "--key", "signing.pub"),
    "proof checked, in JSON": ("proof", "--check", "proof.txt", "--key", "signing.pub", "--json"),
    "help": ("run", "--help"),
    "help of a command": ("help", "run"),
    "version": ("--version",),
    "no such option": ("run", "--no-such-option"),
}
BY_CLICK = {"help", "version"}
"""What click prints itself: to a stream that is closed it prints nothing, and that is no fault to it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job, one that stops, a proof, and stores: with a run, and with a changed ledger."""
    made = tmp_path_factory.mktemp("words")
    job = lay_out(world([ping("09:00"), ping("05:00")]), made, signing="5a" * 32)
    for name, text in signing_files("signing", bytes.fromhex("5a" * 32)).items():
        (made / name).write_text(text)
    (made / "signing.key").chmod(0o600)
    assert here(*RUN, *DONE, cwd=made).returncode == 0
    assert here("proof", "done", "0", "-o", "proof.txt", cwd=made).returncode == 0
    lay_out(world(roster=[shift(shift_id=None, officer=None, code="leave")]), made / "stops")
    (made / "stops.toml").write_text(job.read_text().replace("roster.csv", "stops/roster.csv"))
    shutil.copytree(made / "done", made / "changed")
    (ledger,) = (made / "changed" / "runs").glob("*/ledger/*.parquet")
    ledger.write_bytes(ledger.read_bytes() + b" ")
    return made


@pytest.fixture(scope="module")
def undisturbed(folder: Path, tmp_path_factory: pytest.TempPathFactory):
    """How each command ends, and what it changes, where nothing disturbs it."""
    known: dict[str, tuple[Ended, set[str]]] = {}

    def ended(what: str) -> tuple[Ended, set[str]]:
        if what not in known:
            place = tmp_path_factory.mktemp("undisturbed") / "place"
            shutil.copytree(folder, place)
            known[what] = (disturbed(COMMANDS[what], place, {}), changes(place))
        return known[what]

    return ended


def changes(place: Path) -> set[str]:
    """The names of all files of a folder; the ids of runs and what is different each time are left out."""
    names = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
    return {re.sub(r"[0-9a-f]{32}", "ID", name) for name in names if not name.startswith("stream-")}


def test_every_command_is_disturbed():
    """Each that can be typed."""
    assert {arguments[0] for arguments in COMMANDS.values()} - {"--version"} == set(cli.commands)


OFTEN = ("run, in JSON", "expire, in JSON", "verify", "report", "docs, a long page")
"""Commands that meet every disturbance. Of the others, those that write meet a third of them, in turn; those that only
look at what is there meet a sixth.
"""
WRITE = ("run", "expire", "rotate", "init", "report", "synth", "convert", "demo")
PAIRS = [
    (what, streams)
    for number, (what, (command, *_)) in enumerate(COMMANDS.items())
    for turn, streams in enumerate(STREAMS)
    if what in OFTEN or (number + turn) % (3 if command in WRITE else 6) == 0
]


@pytest.mark.parametrize(("what", "streams"), PAIRS)
def test_what_was_done_is_done_and_said_truly(folder: Path, tmp_path: Path, undisturbed, what: str, streams: str):
    """The same files as without the disturbance; and the same exit code, but 6 where an answer did not arrive."""
    place = tmp_path / "place"
    shutil.copytree(folder, place)
    usual, made = undisturbed(what)
    ended = disturbed(COMMANDS[what], place, STREAMS[streams])
    assert changes(place) == made
    lost = bool(usual.printed) and 1 in STREAMS[streams] and not (what in BY_CLICK and "closed" in streams)
    assert ended.code == (6 if lost and usual.code == 0 else usual.code), ended.said
    assert "Traceback" not in ended.said
    assert "unexpected" not in ended.said
    if 2 not in STREAMS[streams]:
        assert ("offduty: standard output cannot be written: " in ended.said) is lost
        published = what in ("run, in JSON", "run day by day, in JSON", "expire, in JSON")
        assert ("all the same" in ended.said) is (lost and (published or what in ("init from files", "consult")))
        assert "nothing was published" not in ended.said
    if 1 not in STREAMS[streams]:
        assert timeless(ended.printed) == timeless(usual.printed)


def timeless(text: str) -> str:
    """The text without durations, keys, and the sizes of pages."""
    return re.sub(r'"seconds":[ 0-9.e-]+', "took", text)


SHELL = {
    "a page that nobody reads": ("docs specification | true", 6),
    "a list of which one line is read": ("docs | head -1", 0),
    "a run into a full disk": (f"{shlex.join(RUN)} --json > /dev/full", 6),
    "a run without standard output": (f"{shlex.join(RUN)} --json >&-", 6),
    "a run without standard error": (f"{shlex.join(RUN)} 2>&-", 0),
    "a run without either": (f"{shlex.join(RUN)} >&- 2>&-", 0),
    "a run whose words find no place": (f"{shlex.join(RUN)} 2> /dev/full", 0),
    "a verdict without standard output": ("verify changed >&-", 7),
}


@pytest.mark.parametrize("what", SHELL)
def test_a_process_of_its_own_ends_so(folder: Path, tmp_path: Path, what: str):
    """In a shell, with the streams that it gives, from the beginning to the last flush."""
    place = tmp_path / "place"
    shutil.copytree(folder, place)
    line, code = SHELL[what]
    script = f"set -o pipefail; {shlex.quote(sys.executable)} -m offduty {line}"
    ended = subprocess.run(["bash", "-c", script], cwd=place, capture_output=True, text=True, check=False)
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
    if line.startswith("run"):
        assert len(list((place / "store" / "log").iterdir())) == 1
        assert not (place / "store" / "work").exists()


def test_what_people_ask_for_goes_to_standard_output(folder: Path):
    """And nothing of it to standard error; at most 80 columns wide, and without colours."""
    for asked in (("verify", "done"), ("verify", "changed"), ("plan", "job.toml", *DONE), ("check", "job.toml")):
        done = here(*asked, cwd=folder)
        assert done.stdout.strip(), asked
        assert done.stderr == "", asked
        assert max(map(len, done.stdout.splitlines())) <= 80, asked
        assert "\x1b" not in done.stdout, asked


def test_a_terminal_has_colours_where_nobody_asks_for_none(folder: Path):
    """PASS and FAIL differ in colour; with NO_COLOR, or on a terminal without colours, nothing has one."""
    arguments = ("verify", folder / "changed")
    shown = on_terminal(*arguments, env={"TERM": "xterm", "NO_COLOR": ""}).stdout
    assert "\x1b[31m\x1b[1mFAIL" in shown
    assert "\x1b[32m\x1b[1mPASS" in shown
    plain = on_terminal(*arguments, env={"TERM": "xterm", "NO_COLOR": "1"}).stdout
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown) == plain
    assert "\x1b" not in on_terminal(*arguments, env={"TERM": "dumb", "NO_COLOR": ""}).stdout


def test_an_answer_is_whole_where_letters_are_missing(folder: Path):
    """An answer does not fail for a letter that standard output does not have."""
    ended = offduty("docs", "specification", env={"PYTHONIOENCODING": "ascii:strict"}, cwd=folder)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "\\xb1" in ended.stdout
