"""Lists under which names people write the columns of the contract, and finds those that a file's column may be.

The lists of optional columns are those by which a run stops (`offduty.ingest.columns.LOOKS_LIKE`); here are the
required columns, and what trackers, shift planners and HR programs call the others. In each list the better name comes
first.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from offduty.admin.proposals.other_languages import OTHER_LANGUAGES
from offduty.config.contracts import contract
from offduty.ingest.columns import LOOKS_LIKE, lookalike_columns

LONGEST_NAME = 60
_OFFICERS = (
    *("officer", "officer_no", "officer_number", "staff_no", "staff_number", "staff_id", "personnel_number"),
    *("personnel_no", "pers_no", "pernr", "personalnummer", "employee_id", "employee_number", "employee_no", "emp_id"),
    *("emp_no", "person_number", "person_no", "person_id", "payroll_number", "payroll_no", "service_number"),
    *("collar_number", "collar_no", "warrant_number", "badge_number", "badge_no", "badge", "user_id", "matricule"),
)
_DEVICES = (
    *("device", "unique_id", "device_no", "device_name", "imei", "tracker_id", "tracker", "unit_id", "asset_id"),
    *("terminal_id", "radio_id", "radio", "issi", "handset", "phone_id", "vehicle_id", "serial_number", "serial_no"),
    *("serial", "esn", "tid", "asset", "unit", "vehicle"),
)
_RECORDED = (
    *("recorded", "recorded_on", "record_time", "record_date", "last_changed", "last_changed_on", "last_changed_at"),
    *("changed_on", "changed_at", "changed", "aedtm", "last_modified", "modified_on", "modified_at", "modified"),
    *("last_updated", "updated_on", "updated_at", "updated", "edited_on", "edited_at", "edited", "entered_on"),
    *("entered_at", "entered", "entry_date", "logged_at", "created_on", "created_at", "created"),
)
"""A change after a creation: a row that was changed was not known before as it is now."""
_LON = (
    *("longitude", "lng", "long", "lon_deg", "longitude_deg", "gps_longitude", "longitude_e7", "laengengrad"),
    "easting",
)
_LAT = ("latitude", "lat_deg", "latitude_deg", "gps_latitude", "latitude_e7", "breitengrad", "northing")

SPELLINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "pings": {
        "device_id": _DEVICES,
        "observed_at": (
            *("fix_time", "gps_time", "gps_timestamp", "device_time", "observed", "observed_on", "position_time"),
            *("location_time", "happened_at_time", "event_time", "tst", "timestamp", "timestamp_ms", "time_stamp"),
            *("date_time", "time", "recorded_at", "logged_at", "when", "ts", "time_ms"),
        ),
        "lon": (*_LON, "x"),
        "lat": (*_LAT, "y"),
    },
    "assignments": {
        "device_id": _DEVICES,
        "officer_id": _OFFICERS,
        "valid_from": (
            *("assigned_from", "assigned_at", "assigned_on", "assigned", "issued_at", "issued_on", "issued"),
            *("issue_date", "handed_out", "handed_out_at", "collected_at", "from", "from_date", "date_from", "start"),
            *("starts_at", "start_date", "start_time", "since", "effective_from", "begins_at"),
        ),
        "recorded_at": _RECORDED,
    },
    "roster": {
        "shift_id": (
            *("shift_no", "shift_number", "shift_ref", "shift_reference", "roster_id", "roster_entry_id", "duty_id"),
            *("booking_id", "booking_ref", "assignment_id", "absence_id", "shift"),
        ),
        "officer_id": _OFFICERS,
        "starts_at": (
            *("start", "starts", "start_time", "start_date_time", "shift_start", "start_at", "begin", "begins"),
            *(
                "begins_at",
                "beginn",
                "beginning",
                "from",
                "date_from",
                "valid_from",
                "time_from",
                "debut",
                "start_date",
            ),
            "begda",
        ),
        "ends_at": (
            *("end", "ends", "end_time", "end_date_time", "shift_end", "end_at", "finish", "finish_time", "ende"),
            *("to", "until", "date_to", "valid_to", "time_to", "fin", "end_date", "endda"),
        ),
        "duty_code": (
            *("duty", "code", "shift_code", "shift_type", "duty_type", "activity_code", "activity", "absence_type"),
            *("attendance_type", "pay_code", "earning_code", "schicht", "type", "kind", "category", "shift"),
        ),
        "status": ("shift_status", "entry_status", "roster_status", "approval_status", "state"),
        "recorded_at": _RECORDED,
    },
    "places": {
        "officer_id": _OFFICERS,
        "kind": ("place_type", "place_kind", "address_type", "location_type", "type", "category"),
        "lon": _LON,
        "lat": _LAT,
        "recorded_at": _RECORDED,
    },
    "sites": {
        "site_id": ("site", "site_no", "site_name", "station_id", "station", "station_name", "location_id", "name"),
        "lon": _LON,
        "lat": _LAT,
    },
}


def plain_name(name: str) -> str:
    """A column's name by its letters and digits alone, without accents, what stands in brackets, and a final "utc".

    >>> plain_name("fixTime"), plain_name("Staff No."), plain_name("Start (local)"), plain_name("Début UTC")
    ('fixtime', 'staffno', 'start', 'debut')
    """
    bare = re.sub(r"\(.*?\)|\[.*?\]", "", name) or name
    letters = unicodedata.normalize("NFKD", bare).casefold()
    plain = re.sub(r"[^a-z0-9]+", "", letters.encode("ascii", "ignore").decode())
    return plain.removesuffix("utc") or plain


def is_name(text: str) -> bool:
    """Whether a text may be the name of a column, and is no value: letters with few digits, and without the signs of
    times, quotes and JSON.

    >>> is_name("Longitude (E7)"), is_name("2026-06-02"), is_name("-0.12"), is_name('"tid": "R7"'), is_name("40107")
    (True, False, False, False, False)
    """
    bare = text.strip(" *?:")
    signs = re.fullmatch(r"[^\W\d][\w .,/#%°&()\[\]‘’'+-]*", bare) is not None
    return signs and len(bare) <= LONGEST_NAME and re.search(r"\d{3}|\d.*\d.*\d", bare) is None


def rank(table: str, column: str, name: str) -> int | None:
    """How good a name is for a column of the contract: 0 is the contract's own; None for a name that is none for it.

    >>> rank("roster", "officer_id", "Staff No") < rank("roster", "officer_id", "Badge")
    True
    >>> rank("roster", "officer_id", "Depot") is None
    True
    """
    if not is_name(name):
        return None
    found = _ranks(table, column).get(plain_name(name))
    if found is None and column in lookalike_columns(table, name):
        return 999
    return found


def columns_by_name(table: str, name: str) -> list[str]:
    """The columns of the contract that a column of that name may be."""
    return [column for column in contract(table).names if rank(table, column, name) is not None]


@cache
def _ranks(table: str, column: str) -> dict[str, int]:
    lists = (SPELLINGS[table], OTHER_LANGUAGES[table], LOOKS_LIKE[table])
    names = (column, *(name for spellings in lists for name in spellings.get(column, ())))
    return {plain_name(name): place for place, name in reversed(list(enumerate(names)))}
