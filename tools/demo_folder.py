"""Keeps `make demo` and `make clean` from deleting a folder `demo` in which somebody has worked.

`python -m tools.demo_folder begun` (later `done`) writes down what is in the folder. `clear` deletes it if it is as it
was then, and else says what to do instead. Only Python's own library is used: `make clean` has no environment.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

DEMO = Path("demo")
RECORD = ".made-by-make-demo"
MADE_LATER = ("store/", "report.html", "answers/", "month/", "pack/")
"""What the steps of `make demo` make after the first record: where they were interrupted it is not known."""


def record(folder: Path, *, complete: bool) -> None:
    """Write down every file of the folder with its SHA-256; ``complete`` when `make demo` has ended."""
    (folder / RECORD).write_text(json.dumps({"complete": complete, "files": _files(folder)}), encoding="utf-8")


def changed_since(folder: Path) -> list[str] | None:
    """The files that are new, gone or different since `make demo`, in order; None where it made no record."""
    try:
        written = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        before: Mapping[str, str] = written["files"]
        complete: bool = written["complete"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    now = _files(folder)
    names = {name for name in {*now, *before} if complete or not name.startswith(MADE_LATER)}
    return sorted(name for name in names if now.get(name) != before.get(name))


def clear(folder: Path) -> str:
    """Delete the folder if it is as `make demo` left it, or is not there. Else the answer says what to do instead."""
    if not folder.exists() and not folder.is_symlink():
        return ""
    if folder.is_symlink() or not folder.is_dir():
        return f"{folder} is not a folder that make demo made: move it away, then run make again"
    changes = changed_since(folder)
    if changes == []:
        shutil.rmtree(folder)
        return ""
    why = "make demo did not make it, or an older version did"
    if changes is not None:
        more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
        why = f"{changes[0]}{more} changed since"
    return (
        f"{folder} is not deleted: {why}. To keep it, move it away (mv {folder} {folder}-kept); to delete it,"
        f" rm -r {folder}. Then run make again"
    )


def _files(folder: Path) -> dict[str, str]:
    """Every file and link of a folder, by its SHA-256 or by where it leads."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"a link to {path.readlink()}"
        elif path.is_file() and name != RECORD:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def main(arguments: list[str]) -> int:
    """Do one step for the Makefile; 1 where the folder may not be deleted."""
    if arguments == ["clear"]:
        wrong = clear(DEMO)
        if wrong:
            print(wrong, file=sys.stderr)
        return 1 if wrong else 0
    if arguments not in (["begun"], ["done"]):
        print("python -m tools.demo_folder clear | begun | done", file=sys.stderr)
        return 2
    record(DEMO, complete=arguments == ["done"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
