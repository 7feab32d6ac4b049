"""Finds the files that an input of a job names: a file, all files of a folder, or those of a pattern.

Rules: specification#file-names, specification#nothing-passed-over. Nothing is passed over in silence but names that
begin with ``.`` or ``_``, which are notes of the program that wrote the folder, such as ``_SUCCESS`` or ``.part.crc``.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from offduty.config.job_paths import JobPath
from offduty.core.errors import InputError, why

LONGEST_NAME_BYTES = 1_024
MEETS_A_FOLDER = "the pattern meets a folder; name the folder itself, or its files"


def files_of(where: JobPath, table: str) -> list[tuple[str, Path]]:
    """The files that an input names, with their names for the manifest, in order of these names.

    Raises `InputError` where there is none, and where a folder or a pattern meets a link, a pipe, a device, or a folder
    that cannot be entered: what is behind it would be read twice, for ever, or not at all. The path that the job itself
    names may be a link.
    """
    path = where.path
    if path.is_dir():
        files = [(_name(found, where, path), found) for found in _walk(path)]
    elif path.exists():
        if not path.is_file():
            raise InputError(f"inputs.{table} names neither a file nor a folder (a pipe or a device)", file=path.name)
        files = [(_name(path, where, path.parent), path)]
    else:
        files = [(_name(found, where, fixed_part(where)), found) for found in _matches(where)]
    if not files:
        raise InputError(
            f"no file is found for inputs.{table}: {where.raw}, looked for from {where.folder.absolute()}. Correct the"
            " job, or wait until the files are there"
        )
    for name, _ in files:
        _check_name(name)
    return sorted(files)


def passed_over(where: JobPath) -> int:
    """How many names that begin with ``.`` or ``_`` an input passes over: of a folder, with the folders in it, those
    that it has; of a pattern those that it would match if they did not begin with a dot.
    """
    path = where.path
    if path.is_dir():
        return _auxiliary_in(path)
    if path.exists():
        return 0
    seen = set(glob.glob(where.raw, root_dir=where.folder, recursive=True))  # noqa: PTH207 (as in `_matches`)
    every = glob.glob(where.raw, root_dir=where.folder, recursive=True, include_hidden=True)  # noqa: PTH207
    return len(set(every) - seen)


def _auxiliary_in(folder: Path) -> int:
    entries = _entries(folder)
    inside = (entry for entry in entries if not is_auxiliary(entry.name) and entry.is_dir(follow_symlinks=False))
    return sum(is_auxiliary(entry.name) for entry in entries) + sum(_auxiliary_in(Path(each.path)) for each in inside)


def _check_name(name: str) -> None:
    """Raise `InputError` for a name that cannot stand in the log: one with a character that is not printed or would be
    another path elsewhere, or a long one (specification#silence).
    """
    if not name.isprintable() or "\\" in name or len(name.encode(errors="replace")) > LONGEST_NAME_BYTES:
        shown = ascii(name)[1:-1][:60]
        raise InputError(
            f"the name cannot stand in the log (at most {LONGEST_NAME_BYTES} bytes, all of them printable; no-break"
            " spaces and backslashes are not allowed): rename the file",
            file=shown,
        )


def fixed_part(where: JobPath) -> Path:
    """The folder in which the pattern of a job is searched."""
    return where.folder / before_wildcards(where.raw)


def before_wildcards(pattern: str) -> Path:
    """The part of a path before the first wildcard: the folder in which a pattern begins to search."""
    fixed = Path(pattern)
    while glob.has_magic(str(fixed)):
        fixed = fixed.parent
    return fixed


def _walk(folder: Path) -> Iterator[Path]:
    """All files of a folder and of those in it."""
    for entry in _entries(folder):
        if is_auxiliary(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        else:
            yield _regular(Path(entry.path))


def _matches(where: JobPath) -> Iterator[Path]:
    """All files that a pattern matches. Only ``**`` at its end may match folders: it has what is in them, too."""
    fixed = fixed_part(where)
    wild = Path(where.raw).relative_to(before_wildcards(where.raw)).parts
    _check_enterable(fixed, 1 << 10 if "**" in wild else len(wild) - 1)
    hits = glob.glob(where.raw, root_dir=where.folder, recursive=True)  # noqa: PTH207 (Path.glob would read the folder as a pattern too)
    checked: set[Path] = set()
    for path in sorted(where.folder / hit for hit in hits):
        _check_way(path.parent, fixed, checked)
        if not stat.S_ISDIR(_mode(path)):
            yield _regular(path)
        elif wild[-1] != "**":
            raise InputError(MEETS_A_FOLDER, file=path.name)


def _check_way(folder: Path, fixed: Path, checked: set[Path]) -> None:
    """Raise `InputError` where a folder on the way from ``fixed`` to a file is a link; each is looked at once."""
    if folder in checked or folder == fixed.parent:  # two stars at the end match ``fixed`` itself, too
        return
    steps = folder.relative_to(fixed).parts
    for depth in range(1, len(steps) + 1):
        _check_no_link(fixed.joinpath(*steps[:depth]))
    checked.add(folder)


def _check_enterable(folder: Path, depth: int) -> None:
    """Raise `InputError` where a folder in which a pattern is searched cannot be entered: it would match nothing."""
    if not folder.is_dir():
        return
    inside = [entry for entry in _entries(folder) if not is_auxiliary(entry.name)]
    for entry in inside if depth else []:
        if entry.is_dir(follow_symlinks=False):
            _check_enterable(Path(entry.path), depth - 1)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(f"the folder cannot be entered: {why(error)}", file=folder.name) from None


def _regular(path: Path) -> Path:
    mode = _mode(path)
    if stat.S_ISLNK(mode):
        raise _link(path)
    if not stat.S_ISREG(mode):
        raise InputError("it is no file (a pipe or a device): take it away, or name the files", file=path.name)
    return path


def _check_no_link(path: Path) -> None:
    if stat.S_ISLNK(_mode(path)):
        raise _link(path)


def _link(path: Path) -> InputError:
    return InputError("it is a link, which a folder or a pattern may not meet: name the file itself", file=path.name)


def _mode(path: Path) -> int:
    """What a path itself is, not what a link leads to; 0 where there is nothing any more."""
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def is_auxiliary(name: str) -> bool:
    """Whether a name below a folder, perhaps in folders of it, is a note of the program that wrote the folder."""
    return any(part.startswith((".", "_")) for part in name.split("/"))


def _name(path: Path, where: JobPath, base: Path) -> str:
    """The name for the manifest: relative to the job's folder, or to ``base`` if the file is elsewhere."""
    for root in (where.folder, base):
        with suppress(ValueError):
            below = path.relative_to(root)
            if ".." not in below.parts:
                return below.as_posix()
    return path.name
