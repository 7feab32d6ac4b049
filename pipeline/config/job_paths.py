"""The paths that a job names: text as it is written, and the folder that it is relative to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from offduty.config.declarations import TableDeclaration
from offduty.core.errors import UsageError
from offduty.core.locations import Location, is_object, store_address

SELECTED = "selected from a database"
"""The folder in which a table from a database is saved as a file. It keeps that file apart from one of the same name
that the job reads.
"""


@dataclass(frozen=True)
class JobPath:
    """A path as the job names it.

    `raw` is the text as written, and the only part that may be a glob. `folder` is the folder of the job file; it is
    taken literally, even where its name has a bracket or a star.
    """

    raw: str
    folder: Path

    @property
    def path(self) -> Path:
        """`raw` relative to the folder of the job file; an absolute `raw` stays as it is.

        Raises `UsageError` for an address in an object store.
        """
        if is_object(self.raw):
            raise UsageError(
                "an address in an object store is named where a file or a folder on this machine is needed: correct it"
            )
        return self.folder / self.raw

    @property
    def location(self) -> Location:
        """The location of a store: a path or an address. `UsageError` for an address that cannot be read."""
        return store_address(self.raw) if is_object(self.raw) else self.path


@dataclass(frozen=True)
class JobInputs:
    """The tables that a run reads; `sites` may be missing. `declared` says how each table is written, by its name."""

    pings: JobPath
    assignments: JobPath
    roster: JobPath
    places: JobPath
    sites: JobPath | None
    declared: Mapping[str, TableDeclaration] = field(default_factory=dict)

    @property
    def tables(self) -> dict[str, JobPath]:
        """The paths of the tables that the job names, by table."""
        named = {name: getattr(self, name) for name in ("pings", "assignments", "roster", "places", "sites")}
        return {name: path for name, path in named.items() if path is not None}

    def with_paths(self, paths: Mapping[str, JobPath]) -> JobInputs:
        """The same tables, some of them at other paths."""
        known = {**self.tables, **paths}
        return JobInputs(
            pings=known["pings"],
            assignments=known["assignments"],
            roster=known["roster"],
            places=known["places"],
            sites=known.get("sites"),
            declared=self.declared,
        )
