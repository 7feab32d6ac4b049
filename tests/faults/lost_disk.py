"""A simulated disk that loses what was not flushed: what may be on it after a power failure, by the steps of a
command.

The steps come from a trace by strace. What was flushed is there. Of the rest, any part may be there and any may not:
the bytes of a file that was not flushed, all, some, none, or zeros in their place; each name in a folder that was not
flushed, by itself, so that a later name may be there and an earlier one not, and what was renamed may have both names,
or neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from random import Random

CALLS = "openat,creat,write,pwrite64,lseek,truncate,ftruncate,close,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,fsync,fdatasync"
LINE = re.compile(r"^\d+ +(?P<name>\w+)\((?P<given>.*)\) += (?P<answer>-?\d+)")
HEX = re.compile(r"((?:\\x[0-9a-f]{2})+)")
OPTIONS = ("-xx", "-s", str(1 << 24), "-e", f"trace={CALLS}")
ROOT = 0  # the folder of the store, which existed before
Entry = int | None


@dataclass(frozen=True)
class Step:
    """One change, or one flush. ``inode`` is what changes; a folder's ``name`` comes to mean ``other`` (None: nothing)."""

    kind: str
    inode: int
    name: str = ""
    other: Entry = None
    at: int = 0
    data: bytes = b""
    path: str = ""


@dataclass
class Disk:
    """What is there, flushed: files by inode, folders by inode."""

    files: dict[int, bytes] = field(default_factory=dict)
    folders: dict[int, dict[str, int]] = field(default_factory=lambda: {ROOT: {}})

    def fresh(self) -> int:
        """An inode that nothing has yet."""
        return max([*self.files, *self.folders]) + 1

    def copy(self) -> Disk:
        """Another disk with the same on it."""
        return Disk(dict(self.files), {inode: dict(names) for inode, names in self.folders.items()})

    def take_in(self, path: Path, inode: int, name: str) -> None:
        """Add a file or folder of the real disk, under a name in a folder."""
        new = self.folders[inode][name] = self.fresh()
        if path.is_file():
            self.files[new] = path.read_bytes()
            return
        self.folders[new] = {}
        for each in sorted(path.iterdir()):
            self.take_in(each, new, each.name)

    def state(self, name: str) -> tuple[tuple[str, bytes | None], ...]:
        """All that can be reached under a name in the root: paths, with the bytes of files and None for folders."""
        found: list[tuple[str, bytes | None]] = []
        waiting = [(name, self.folders[ROOT][name])] if name in self.folders[ROOT] else []
        while waiting:
            path, inode = waiting.pop()
            found.append((path, self.files.get(inode)))
            waiting += [(f"{path}/{each}", other) for each, other in self.folders.get(inode, {}).items()]
        return tuple(sorted(found))

    def lay_out(self, inode: int, path: Path) -> None:
        """Put a file or folder onto the real disk, with all that can be reached from it."""
        if inode in self.files:
            path.write_bytes(self.files[inode])
            return
        path.mkdir(mode=0o700)
        for name, other in self.folders[inode].items():
            self.lay_out(other, path / name)


def disk_with(store: Path) -> Disk:
    """A disk with a flushed store; an empty disk where there is no store yet."""
    disk = Disk()
    if store.exists():
        disk.take_in(store, ROOT, store.name)
    return disk


class Recorder:
    """Follows a trace call by call, and records what each changes in the store."""

    def __init__(self, disk: Disk, store: Path) -> None:
        self.now, self.steps, self.place = disk.copy(), [], store.parent
        self.store, self.offsets = store, {}
        self.next = disk.fresh()

    steps: list[Step]
    offsets: dict[str, int]

    def find(self, path: str) -> tuple[int, str, Entry]:
        """The folder of a path, its name there, and what it means now."""
        *above, name = PurePosixPath(path).relative_to(self.place).parts
        folder = ROOT
        for part in above:
            folder = self.now.folders[folder][part]
        return folder, name, self.now.folders[folder].get(name)

    def step(self, step: Step) -> None:
        """Record a step, and apply it at once: nothing is lost yet."""
        self.steps.append(step)
        applied(self.now, [step])

    def named(self, path: str, other: Entry) -> None:
        """Set a name to an inode, or remove it."""
        folder, name, _ = self.find(path)
        self.step(Step("name", folder, name=name, other=other, path=path))

    def made(self, path: str, folder: bool) -> int:
        """A new, empty file or folder."""
        inode, self.next = self.next, self.next + 1
        if folder:
            self.now.folders[inode] = {}
        self.step(Step("folder" if folder else "file", inode, path=path))
        self.named(path, inode)
        return inode

    def inode(self, path: str) -> int:
        """What is at a path."""
        if path == str(self.place):
            return ROOT
        found = self.find(path)[2]
        assert found is not None, path
        return found

    # One method for each call; ``paths`` are its paths, made absolute, ``given`` the text of its arguments.

    def openat(self, paths: list[str], given: str, answer: int, data: bytes) -> None:
        handle, path = str(answer), paths[-1]
        if "O_CREAT" in given and self.find(path)[2] is None:
            self.made(path, folder=False)
        elif "O_TRUNC" in given:
            self.step(Step("cut", self.inode(path), path=path))
        self.offsets[handle] = len(self.now.files.get(self.inode(path), b"")) if "O_APPEND" in given else 0

    def write(self, paths: list[str], given: str, answer: int, data: bytes) -> None:
        handle = given.partition("<")[0]
        self._written(paths[0], self.offsets[handle], data[:answer])
        self.offsets[handle] += answer

    def pwrite64(self, paths: list[str], given: str, answer: int, data: bytes) -> None:
        self._written(paths[0], int(given.rpartition(", ")[2]), data[:answer])

    def _written(self, path: str, at: int, data: bytes) -> None:
        self.step(Step("write", self.inode(path), at=at, data=data, path=path))

    def lseek(self, paths: list[str], given: str, answer: int, data: bytes) -> None:
        self.offsets[given.partition("<")[0]] = answer

    def ftruncate(self, paths: list[str], given: str, answer: int, data: bytes) -> None:
        self.step(Step("cut", self.inode(paths[0]), at=int(given.rpartition(", ")[2]), path=paths[0]))

    def mkdir(self, paths: list[str], given: str, answer: int, data: bytes) -> None:
        self.made(paths[-1], folder=True)

    def rename(self, paths: list[str], given: str, answer: int, data: bytes) -> None:
        before, after = paths[-2:]
        inode = self.inode(before)
        self.named(after, inode)
        self.named(before, None)

    def link(self, paths: list[str], given: str, answer: int, data: bytes) -> None:
        self.named(paths[-1], self.inode(paths[-2]))

    def unlink(self, paths: list[str], given: str, answer: int, data: bytes) -> None:
        self.named(paths[-1], None)

    def fsync(self, paths: list[str], given: str, answer: int, data: bytes) -> None:
        self.step(Step("flush", self.inode(paths[0]), path=paths[0]))

    truncate = ftruncate
    fdatasync = fsync
    rmdir = unlink
    mkdirat, renameat, renameat2, linkat, unlinkat = mkdir, rename, rename, link, unlink


def recorded(trace: Iterable[str], disk: Disk, store: Path) -> list[Step]:
    """The steps of a trace (with OPTIONS) that change something in the store, or flush it."""
    recorder = Recorder(disk, store)
    for line in trace:
        match = LINE.match(line)
        if match is None or int(match["answer"]) < 0:
            continue
        paths, data = _texts(match["name"], match["given"])
        near = {str(store), str(store.parent)} if match["name"] == "fsync" else {str(store)}
        inside = [path for path in paths if path in near or path.startswith(f"{store}/")]
        if inside and hasattr(recorder, match["name"]):
            getattr(recorder, match["name"])(inside, match["given"], int(match["answer"]), data)
    return recorder.steps


def _texts(name: str, given: str) -> tuple[list[str], bytes]:
    """The paths of a call, relative ones joined to the folder before them, and the bytes that it wrote."""
    paths: list[str] = []
    folder, data = "", b""
    for opened, text in re.findall(r"<((?:\\x[0-9a-f]{2})*)>|\"((?:\\x[0-9a-f]{2})*)\"", given):
        read = bytes.fromhex((opened or text).replace("\\x", ""))
        if opened:
            folder = read.decode().removesuffix(" (deleted)")
            if "*at" not in name and not name.endswith(("at", "at2")):
                paths.append(folder)
        elif name in ("write", "pwrite64"):
            data = read
        else:
            paths.append(str(PurePosixPath(folder, read.decode())))
    return paths, data


def applied(disk: Disk, steps: Iterable[Step]) -> None:
    """Apply steps to a disk, completely and in order."""
    for step in steps:
        if step.kind == "folder":
            disk.folders.setdefault(step.inode, {})
        elif step.kind == "file":
            disk.files.setdefault(step.inode, b"")
        elif step.kind == "name" and step.other is None:
            disk.folders[step.inode].pop(step.name, None)
        elif step.kind == "name" and step.other is not None:
            disk.folders[step.inode][step.name] = step.other
        elif step.kind == "write":
            before = disk.files[step.inode].ljust(step.at, b"\0")
            disk.files[step.inode] = before[: step.at] + step.data + before[step.at + len(step.data) :]
        elif step.kind == "cut":
            disk.files[step.inode] = disk.files[step.inode][: step.at].ljust(step.at, b"\0")


def after_a_crash(disk: Disk, steps: Iterable[Step], rng: Random) -> Disk:
    """What may be on the disk after a power failure after these steps."""
    left = disk.copy()
    waiting: dict[int, list[Step]] = {}
    for step in steps:
        if step.kind in ("file", "folder"):
            applied(left, [step])
        elif step.kind == "flush":
            applied(left, waiting.pop(step.inode, []))
        else:
            waiting.setdefault(step.inode, []).append(step)
    for inode, lost in waiting.items():
        applied(left, _names(lost, rng) if inode in left.folders else _bytes(lost, rng))
    return left


def _names(lost: list[Step], rng: Random) -> list[Step]:
    """Each name by itself: as it was, as it became last, or as it was for a while between."""
    present = []
    for name in dict.fromkeys(step.name for step in lost):
        changes = [step for step in lost if step.name == name]
        present += changes[: rng.randint(0, len(changes))]
    return present


def _bytes(lost: list[Step], rng: Random) -> list[Step]:
    """All of the writes, none, the first so many and a part of the next, some of them, or zeros in their place."""
    how = rng.choice(("all", "none", "torn", "some", "zeros"))
    if how == "all":
        return lost
    if how == "none":
        return []
    if how == "torn":
        whole = rng.randrange(len(lost))
        last = lost[whole]
        return [
            *lost[:whole],
            Step(last.kind, last.inode, at=last.at, data=last.data[: rng.randint(0, len(last.data))]),
        ]
    if how == "some":
        return [step for step in lost if rng.random() < 0.5]
    return [Step(step.kind, step.inode, at=step.at, data=bytes(len(step.data))) for step in lost]
