"""Checks the columns of an input file: those that are missing, and those that look like an optional one.

Rules: specification#columns-by-name, specification#optional-columns. Nothing is guessed: a file that states accuracies
under another name stops the run until the job says what that column is.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol, TypeVar

from offduty.config.contracts import contract
from offduty.core.errors import InputError

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
_UNIT = re.compile(r"(_in)?_(m|km|ft|feet|mi|meters?|metres?)$")


class NamedFile(Protocol):
    """What is asked of an input file here: its table, and its name for messages."""

    @property
    def table(self) -> str:
        """The name of its table."""

    @property
    def name(self) -> str:
        """Its name, as the manifest has it."""


_File = TypeVar("_File")
_Part = TypeVar("_Part")


class ColumnsError(InputError):
    """The columns of one or more files are not those of the contract. Several are raised as one, see `for_each`."""

    @classmethod
    def together(cls, errors: Sequence[ColumnsError]) -> ColumnsError:
        """All errors as one, each on a line of its own."""
        return cls("\n".join(str(error) for error in errors))


def check_columns(
    source: NamedFile,
    names: Sequence[str],
    extra: tuple[str, ...] = (),
    ignore: Iterable[str] = (),
    sparse: Collection[str] = (),
) -> None:
    """Raise `ColumnsError`, which names every fault, where a file lacks a column that its contract or the policy
    requires, where a name is empty or there twice, or where a column looks like an optional one that the file lacks.

    ``sparse`` are columns that some rows lack, in formats in which each row names its own.
    """
    faults = [
        *_doubled(names),
        *_missing(source, names, extra),
        *_lookalikes(source, names, {*extra, *ignore}, sparse),
    ]
    if not faults and not any(name in names for name in (*contract(source.table).names, *ignore)):
        faults = ["the file has not one column of its table: is its first line a header with their names?"]
    if faults:
        raise ColumnsError("; ".join(faults), file=source.name)


def for_each(sources: Iterable[_File], read: Callable[[_File], _Part]) -> list[_Part]:
    """What ``read`` gives for each file. `ColumnsError` of all files are raised as one, after the last file."""
    parts: list[_Part] = []
    errors: list[ColumnsError] = []
    for source in sources:
        try:
            parts.append(read(source))
        except ColumnsError as error:
            errors.append(error)
    if errors:
        raise ColumnsError.together(errors)
    return parts


def _doubled(names: Sequence[str]) -> list[str]:
    empty = ["a column has no name"] if any(not name.strip() for name in names) else []
    lowered = [name.lower() for name in names]
    return [*empty, *(["two columns have the same name"] if len(set(lowered)) < len(lowered) else [])]


def _missing(source: NamedFile, names: Sequence[str], extra: tuple[str, ...]) -> list[str]:
    """The missing columns; for each the column that may be it, unless that one is itself wanted."""
    wanted = (*contract(source.table).required, *extra)
    free = [name for name in names if name not in contract(source.table).names and name not in extra]
    headless = not any(name in names for name in contract(source.table).names)  # then the names may be values
    return [_lacks(name, [] if headless else free) for name in wanted if name not in names]


def _lacks(wanted: str, free: list[str]) -> str:
    near = difflib.get_close_matches(wanted, free, 1)
    hint = f"; did you mean the column it calls {near[0]!r}?" if near else ""
    return f"the file lacks the column {wanted!r}{hint}"


def _lookalikes(source: NamedFile, names: Sequence[str], known: set[str], sparse: Collection[str]) -> list[str]:
    """The columns that look like an optional one that the file, or some row of it, lacks.

    A table whose rows are all circles needs no geometry, and one whose rows have geometries needs no circles.
    """
    circles = {"lon", "lat", "radius_m"}
    not_needed = circles if "geometry" in names else {"geometry"} if circles <= set(names) else set()
    return [
        f"the column {name!r} looks like {wanted!r}, which the file lacks: call it so, or list it under"
        f" inputs.{source.table}.ignore"
        for wanted, spellings in LOOKS_LIKE[source.table].items()
        if (wanted not in names or wanted in sparse) and (wanted not in not_needed or source.table == "pings")
        for name in names
        if name not in known and name not in contract(source.table).names and _is_like(name, (wanted, *spellings))
    ]


def _is_like(name: str, spellings: tuple[str, ...]) -> bool:
    """Whether a name is one of the spellings; case, underscores, spaces and a unit at the end do not matter:
    ``Valid_To`` and ``hAcc`` look like ``valid_to`` and ``hacc``, and ``gps_accuracy_ft`` like ``accuracy_m``.
    """
    plain = _UNIT.sub("", _plain(name))
    known = {_UNIT.sub("", spelling).replace("_", "") for spelling in spellings}
    return plain.replace("_", "") in known or ("accuracy_m" in spellings and _is_accuracy(plain))


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
