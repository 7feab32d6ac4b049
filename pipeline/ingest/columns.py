"""Checks the columns of an input file: those that are missing, and those that look like an optional one.

Rules: specification#columns-by-name, specification#optional-columns. Nothing is guessed: a file that states accuracies
under another name stops the run until the job says what that column is.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from offduty.config.contracts import contract
from offduty.config.declarations import TableDeclaration
from offduty.core.errors import InputError
from offduty.ingest.source_file import Source

AS_READ = "offduty as_read"
"""The column with the whole row: JSON as text, or a struct of texts, of which `as_json` (``macros.sql``) makes JSON.

Its name has a space and the project in it: no policy names such a column.
"""
_RECORDED = (
    "recorded",
    "record_time",
    "entered_at",
    "entered_on",
    "changed_at",
    "changed_on",
    "modified_at",
    "updated_at",
    "last_modified",
    "edited_at",
    "created_at",
    "created_on",
)
_ENDS = ("valid_until", "until", "end", "ends_at", "end_date", "to", "date_to", "expires_at", "valid_through")
LOOKS_LIKE: dict[str, dict[str, tuple[str, ...]]] = {
    "pings": {
        "accuracy_m": (
            "accuracy",
            "acc",
            "horizontal_accuracy",
            "h_accuracy",
            "accuracy_horizontal",
            "hacc",
            "gps_accuracy",
            "location_accuracy",
            "precision",
            "uncertainty",
            "accuracy_meters",
            "accuracy_metres",
            "accuracy_ft",
            "radius",
            "error_m",
            "cep",
        ),
        "received_at": (
            "received",
            "server_time",
            "servertime",
            "received_time",
            "receive_time",
            "receipt_time",
            "recv_time",
            "ingested_at",
            "ingest_time",
            "arrived_at",
            "arrival_time",
            "upload_time",
            "server_timestamp",
            "uploaded_at",
        ),
        "valid": (
            "is_valid",
            "fix_valid",
            "gps_valid",
            "valid_fix",
            "has_fix",
            "fix",
            "gps_fix",
            "fix_status",
            "validity",
        ),
    },
    "assignments": {
        "valid_to": (
            *_ENDS,
            "ended_at",
            "returned",
            "returned_at",
            "return_date",
            "end_time",
            "valid_till",
            "till",
            "assigned_until",
            "assigned_to_date",
            "effective_to",
            "effective_until",
            "returned_on",
            "handed_back",
            "handed_back_at",
        ),
        "recorded_at": (
            *_RECORDED,
            "created",
            "modified",
            "modified_on",
            "updated",
            "updated_on",
            "recorded_on",
            "changed",
            "entered",
            "edited_on",
            "logged_at",
        ),
    },
    "roster": {
        "timezone": (
            "tz",
            "time_zone",
            "zone",
            "zoneinfo",
            "tzid",
            "tz_id",
            "tz_name",
            "tzname",
            "timezone_id",
            "timezone_name",
            "iana_zone",
            "iana_timezone",
            "utc_offset",
        ),
    },
    "places": {
        "officer_id": (
            "officer",
            "staff_id",
            "staff_no",
            "employee_id",
            "employee",
            "person_id",
            "user_id",
            "owner",
            "owner_id",
            "badge",
        ),
        "geometry": ("geom", "wkt", "wkb", "the_geom", "shape", "polygon", "boundary", "area"),
        "lon": ("longitude", "lng", "long", "x"),
        "lat": ("latitude", "y"),
        "radius_m": ("radius", "radius_meters", "radius_metres", "radius_ft", "buffer", "buffer_m"),
        "valid_from": (
            "from",
            "start",
            "starts_at",
            "start_date",
            "since",
            "moved_in",
            "date_from",
            "from_date",
            "valid_since",
            "begins_at",
        ),
        "valid_to": (
            *_ENDS,
            "moved_out",
            "to_date",
        ),
        "recorded_at": _RECORDED,
    },
    "sites": {
        "geometry": ("geom", "wkt", "wkb", "the_geom", "shape", "polygon", "boundary"),
        "lon": ("longitude", "lng", "long", "x"),
        "lat": ("latitude", "y"),
        "radius_m": ("radius", "radius_meters", "radius_metres", "radius_ft"),
    },
}
"""For each table the names under which people write an optional column, in lower case with underscores."""
ACCURACY_WORDS = frozenset({"accuracy", "acc", "hacc", "uncertainty", "hpe", "epe"})
OTHER_ACCURACIES = frozenset({"vertical", "v", "altitude", "speed", "course", "heading", "bearing", "time", "class"})
SHAPEFILE_NAME = 10
"""The tables of shapefiles (dBASE) keep so many characters of a column's name."""
MOST_COLUMNS = 2_000
"""A file with more of them is no table of positions or people; Parquet of 100,000 columns takes minutes to read."""
_UNIT = re.compile(r"(_in)?_(m|km|ft|feet|mi|meters?|metres?)$")


_File = TypeVar("_File")
_Part = TypeVar("_Part")


class ColumnsError(InputError):
    """The columns of a file are not those of the contract and of the job's declaration."""


def together(errors: Sequence[InputError]) -> InputError:
    """All errors as one, each on a line of its own."""
    return errors[0] if len(errors) == 1 else InputError("\n".join(str(error) for error in errors))


def check_columns(
    source: Source, names: Sequence[str], extra: tuple[str, ...] = (), sparse: Collection[str] = ()
) -> None:
    """Raise `ColumnsError`, which names every fault, where a file lacks a column that its contract, the job's
    declaration or the policy requires, where it has one for which the job declares a constant, where a name is empty or
    there twice, or where a column looks like an optional one that the file lacks.

    ``sparse`` are columns that some rows lack, in formats in which each row names its own.
    """
    if len(names) > MOST_COLUMNS:
        raise ColumnsError(
            f"it has {len(names):,} columns, and at most {MOST_COLUMNS:,} are read: is it another kind of table, or are"
            " rows and columns exchanged?",
            file=source.name,
        )
    header = _Header(source, tuple(names), extra)
    faults = [*_doubled(names), *header.missing(), *header.constants(), *header.lookalikes(sparse)]
    if not faults and header.is_none:
        faults = ["the file has not one column of its table: is its first line a header with their names?"]
    if faults:
        raise ColumnsError("; ".join(faults), file=source.name)


def for_each(sources: Iterable[_File], read: Callable[[_File], _Part]) -> list[_Part]:
    """What ``read`` gives for each file. The input errors of all files are raised as one, after the last file."""
    parts: list[_Part] = []
    errors: list[InputError] = []
    for source in sources:
        try:
            parts.append(read(source))
        except InputError as error:
            errors.append(error)
    if errors:
        raise together(errors)
    return parts


def _doubled(names: Sequence[str]) -> list[str]:
    empty = ["a column has no name"] if any(not name.strip() for name in names) else []
    lowered = [name.lower() for name in names]
    return [*empty, *(["two columns have the same name"] if len(set(lowered)) < len(lowered) else [])]


def used_columns(table: str, declared: TableDeclaration, extra: tuple[str, ...] = ()) -> set[str]:
    """The names in the files of the columns that are read: those of the contract, and the policy's extra columns."""
    return {declared.written_name(name) for name in (*contract(table).names, *extra)}


@dataclass(frozen=True)
class _Header:
    """The columns of a file, beside those that its table and its declaration want."""

    source: Source
    names: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def _declared(self) -> TableDeclaration:
        return self.source.declared

    @property
    def _known(self) -> tuple[str, ...]:
        return contract(self.source.table).names

    @property
    def _used(self) -> set[str]:
        """The names in the file of the columns that are read."""
        return used_columns(self.source.table, self._declared, self.extra)

    def _has(self, name: str) -> bool:
        """Whether there is a column of the contract, as a column of the file or as a constant."""
        return name in self._declared.constants or self._declared.written_name(name) in self.names

    @property
    def is_none(self) -> bool:
        """Whether the first line may hold values: not one name of it is a column that is read or ignored."""
        return not any(name in self.names for name in (*self._used, *self._declared.ignore))

    def missing(self) -> list[str]:
        """The missing columns; for each the column that may be it, unless that one is itself wanted, and the header."""
        required = (*contract(self.source.table).required, *self._declared.columns, *self.extra)
        lacks = [name for name in dict.fromkeys(required) if not self._has(name)]
        headless = not any(name in self.names for name in self._used)  # then the names may be values
        free = [] if headless else [name for name in self.names if name not in self._used]
        faults = [self._lacks(name, free) for name in lacks]
        return [*faults, *([f"free columns of its header are {_listed(free)}"] if faults and free else [])]

    def _lacks(self, wanted: str, free: list[str]) -> str:
        written = self._declared.written_name(wanted)
        near = difflib.get_close_matches(written, free, 1)
        hint = f"; did you mean the column it calls {near[0]!r}?" if near else ""
        declared = "" if written == wanted else f", which inputs.{self.source.table}.columns declares for {wanted!r}"
        return f"the file lacks the column {written!r}{declared}{hint}"

    def constants(self) -> list[str]:
        """The columns of which the job says that no file has them."""
        return [
            f"the file has a column {name!r}, for which inputs.{self.source.table}.constants has a value: take one away"
            for name in self._declared.constants
            if name in self.names
        ]

    def lookalikes(self, sparse: Collection[str]) -> list[str]:
        """The columns that look like an optional one that the file, or some row of it, lacks.

        A table whose rows are all circles needs no geometry, and one whose rows have geometries needs no circles.
        """
        circles = ("lon", "lat", "radius_m")
        all_circles = all(self._has(name) for name in circles)
        not_needed = set(circles) if self._has("geometry") else {"geometry"} if all_circles else set()
        known = {*self._used, *self._known, *self._declared.ignore}
        return [
            f"the column {name!r} looks like {wanted!r}, which the file lacks: declare it under"
            f" inputs.{self.source.table}.columns, or list it under inputs.{self.source.table}.ignore"
            for wanted, spellings in LOOKS_LIKE[self.source.table].items()
            if not self._has(wanted) or self._declared.written_name(wanted) in sparse
            if wanted not in not_needed or self.source.table == "pings"
            for name in self.names
            if name not in known and _is_like(name, (wanted, *spellings))
        ]


def _listed(names: list[str], most: int = 30) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more


def _is_like(name: str, spellings: tuple[str, ...]) -> bool:
    """Whether a name is one of the spellings; case, underscores, spaces and a unit at the end do not matter:
    ``Valid_To`` and ``hAcc`` look like ``valid_to`` and ``hacc``, and ``gps_accuracy_ft`` like ``accuracy_m``. So is
    what a shapefile leaves of one: ``recorded_a`` of ``recorded_at``.
    """
    plain = _UNIT.sub("", _plain(name))
    known = {_UNIT.sub("", spelling).replace("_", "") for spelling in spellings}
    cut = len(name) == SHAPEFILE_NAME and any(spelling.startswith(name.lower()) for spelling in spellings)
    return plain.replace("_", "") in known or cut or ("accuracy_m" in spellings and _is_accuracy(plain))


def _is_accuracy(name: str) -> bool:
    """Whether a name has a word for accuracy in it, and none for that of something else than a position.

    >>> _is_accuracy("position_accuracy"), _is_accuracy("vertical_accuracy")
    (True, False)
    """
    words = set(name.split("_"))
    return bool(words & ACCURACY_WORDS) and not words & OTHER_ACCURACIES


def _plain(name: str) -> str:
    """A name in lower case with underscores: ``horizontalAccuracy`` and ``Horizontal accuracy`` are one.

    >>> _plain("horizontalAccuracy"), _plain(" Valid until ")
    ('horizontal_accuracy', 'valid_until')
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def lookalike_columns(table: str, name: str) -> list[str]:
    """The optional columns of a table that a column of that name would be taken for, were they missing.

    >>> lookalike_columns("pings", "hAcc"), lookalike_columns("pings", "speed")
    (['accuracy_m'], [])
    """
    return [wanted for wanted, spellings in LOOKS_LIKE[table].items() if _is_like(name, (wanted, *spellings))]
