"""The commands that are disturbed. Each changes a store, and always in the same way where nothing disturbs it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from tests.faults.stores import two_days
from tests.faults.strace import Helper, lines_of, touching, watched
from tests.world import AFTERWARDS, lay_out

EARLIER = "2026-03-02T12:00:00Z"
SEED = bytes(range(32)).hex()


@dataclass(frozen=True)
class Command:
    """A command, without its store, which is appended to it; the store before (there may be none) and after.

    ``only`` is the one path in the store at which faults are injected, where another command covers the others. DuckDB
    divides its work on that file among threads, so a fault may find no call.
    """

    name: str
    arguments: tuple[str, ...]
    base: Path
    wanted: Path
    only: str = ""


def commands(folder: Path, helper: Helper) -> list[Command]:
    """A run into no store; a run where one was killed just before it was published; an expiry; and a run that reads
    text.

    Raises `RuntimeError` where strace is missing: what follows would be no trial.
    """
    if shutil.which("strace") is None:
        raise RuntimeError("strace is not installed, and these trials need it: apt-get install strace")
    job, text_job = (str(lay_out(two_days(), folder / form, form=form, signing=SEED)) for form in ("parquet", "csv"))
    run, earlier = (("run", job, "--threads", "1", "--as-of", at, "--store") for at in (AFTERWARDS, EARLIER))
    text = ("run", text_job, "--threads", "1", "--as-of", AFTERWARDS, "--store")
    expire = ("expire", job, "--before", "2026-03-03", "--store")
    none, killed, two = folder / "none", folder / "killed", folder / "two runs"
    helper.warm_up(text, none, folder)
    done(helper, earlier, none, killed)
    killed_at_the_link(helper, run, killed, folder)
    done(helper, earlier, none, two)
    done(helper, run, two, two)
    return [
        done(helper, run, none, folder / "a run into no store"),
        done(helper, run, killed, folder / "a run after one that was killed"),
        done(helper, expire, two, folder / "an expiry"),
        replace(done(helper, text, none, folder / "a run that reads text"), only="/work/pings-0.parquet"),
    ]


def done(helper: Helper, arguments: tuple[str, ...], base: Path, wanted: Path) -> Command:
    """The command, and the store that it makes of a copy of the base without disturbance."""
    if base.exists() and base != wanted:
        shutil.copytree(base, wanted)
    ended = helper.ask(kind="run", arguments=[*arguments, str(wanted)])
    assert ended["code"] == 0, ended["stderr"]
    return Command(wanted.name, arguments, base, wanted)


def killed_at_the_link(helper: Helper, arguments: tuple[str, ...], store: Path, folder: Path) -> None:
    """Leave in a store what a run leaves that dies just before its entry is linked: a work folder, and a run that no
    entry names.
    """
    copy, notes = folder / "copy", folder / "notes"
    shutil.copytree(store, copy)
    helper.ask(kind="trace", arguments=[*arguments, str(copy)], notes=str(notes), options=[])
    calls = touching(lines_of(notes), copy)
    options = [*watched(calls, store), "-e", "inject=link:signal=KILL:when=1"]
    ended = helper.ask(kind="trace", arguments=[*arguments, str(store)], notes=str(notes), options=options)
    assert ended["code"] == -9, ended["stderr"]
