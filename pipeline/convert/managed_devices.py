"""Assignments out of device management: the lists of devices that Intune and Jamf export.

Such a list says who has a device now, and not since when anybody knew it. So what stands for the record time must be
said, and what was before it is hidden (the reason `late_edit`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from offduty.convert.csv_rows import renamed
from offduty.convert.reading import Reading, Row
from offduty.core.count_words import number_of

SCIENTIFIC = re.compile(r"[-+]?\d+([.,]\d+)?[eE]\+?\d+")
MOST_ROWS = 20
INTUNE: dict[str, Sequence[str]] = {
    "device_id": ("Device ID", "Intune Device ID", "Id"),
    "officer_id": ("Primary user UPN", "Primary user email address", "UserPrincipalName", "User name"),
    "valid_from": ("Enrollment date", "EnrolledDateTime", "Enrolled date"),
}
JAMF: dict[str, Sequence[str]] = {
    "device_id": ("Serial Number", "Jamf Pro Computer ID", "Jamf Pro ID", "UDID"),
    "officer_id": ("Username", "Email Address"),
    "valid_from": ("Last Enrollment", "Last Enrolled", "First Enrollment"),
}


def intune(reading: Reading) -> Iterator[Row]:
    """Devices of Intune, as the admin centre exports them."""
    return _assignments(reading, INTUNE)


def jamf(reading: Reading) -> Iterator[Row]:
    """Devices of Jamf Pro, as a saved search exports them."""
    return _assignments(reading, JAMF)


def _assignments(reading: Reading, columns: dict[str, Sequence[str]]) -> Iterator[Row]:
    """One assignment for each device that has a user. Raises `InputError` with every row whose ids lost digits."""
    asked = reading.asked
    wanted = {**columns, **({"device_id": (asked.id_column,)} if asked.id_column else {})}
    damaged: list[int] = []
    for number, row in renamed(reading, wanted, ("device_id", "officer_id", "valid_from")):
        if SCIENTIFIC.fullmatch(row["device_id"].strip()) or SCIENTIFIC.fullmatch(row["officer_id"].strip()):
            damaged.append(number)
        elif not row["officer_id"].strip():
            reading.passed_over["devices without a user"] += 1
        elif not damaged:
            yield {**row, "recorded_at": asked.recorded_at}
    if damaged:
        named = ", ".join(map(str, damaged[:MOST_ROWS])) + (" and more" if len(damaged) > MOST_ROWS else "")
        rows = "row" if len(damaged) == 1 else "rows"
        raise reading.refusal(
            f"{number_of(len(damaged), 'row has', 'rows have')} an id in scientific notation, as spreadsheets write"
            f" long numbers: its digits are lost ({rows} {named}, counted from 0). Export the list again, and do not"
            " save it in a spreadsheet"
        )
