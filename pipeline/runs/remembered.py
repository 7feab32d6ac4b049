"""What the runs of one command remember of inputs that did not change: day after day of a fortnight, the same roster is
read and settled once, and each file of pings is searched for the devices that it names once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from offduty.ingest.source_file import Source, state_of

State = tuple[object, ...]
"""Files by name, and their state (size, time of change, inode): what was made of them holds while it is the same."""


def state_of_all(sources: Iterable[Source]) -> State | None:
    """The state of some files; None where one of them cannot be looked at."""
    states = tuple((source.table, source.path, state_of(source)) for source in sources)
    return None if any(state is None for *_, state in states) else states


@dataclass
class Remembered:
    """What was made of the reference tables last, by its name, and the devices that files of pings name.

    Whoever shares it has the same policy, keys, declarations and ``as_of``. A thread may remember while another one
    asks.
    """

    _of_references: dict[str, tuple[State, Any]] = field(default_factory=dict, repr=False)
    _devices: dict[Path, tuple[State, frozenset[str]]] = field(default_factory=dict, repr=False)

    def of_references(self, what: str, state: State | None) -> Any:
        """What was kept under a name when the reference tables were in this state, or None."""
        known = self._of_references.get(what)
        return None if known is None or state is None or known[0] != state else known[1]

    def keep(self, what: str, state: State | None, made: object) -> None:
        """Keep what was made of the reference tables in this state, in place of what has the same name."""
        if state is not None:
            self._of_references[what] = state, made

    def devices(self, source: Source, find: Callable[[], frozenset[str]]) -> frozenset[str]:
        """The devices that a file of pings names: as they were found before, or else found now."""
        state = state_of_all([source])
        known = self._devices.get(source.path)
        if known is not None and state is not None and known[0] == state:
            return known[1]
        found = find()
        if state is not None and state_of_all([source]) == state:
            self._devices[source.path] = state, found
        return found

    def forget_other_pings(self, paths: Collection[Path]) -> None:
        """Forget the devices of all files of pings but these: nobody asks for a day that is over."""
        for path in [path for path in self._devices if path not in paths]:
            del self._devices[path]
