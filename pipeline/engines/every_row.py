"""Holds what the join counted, file by file and reason by reason, against what the ledger will say.

Rule: specification#every-row-once.
"""

from __future__ import annotations

from offduty.core.errors import PrivacyError
from offduty.core.reasons import Reason
from offduty.decision.join import LOST
from offduty.decision.pings import Reasons
from offduty.ingest.ping_files import PingFile
from offduty.outputs.outcome import PingCounts, values_counted

_FINAL = (Reason.UNASSIGNED, Reason.SHARED, Reason.OFF_DUTY, Reason.LATE_EDIT)
"""The reasons that follow from the join alone. What is on duty by the join gets one of the others later."""


def check_joined(reasons: Reasons, files: list[PingFile], counts: PingCounts) -> None:
    """Raise `PrivacyError` where a file has another number of rows of a reason in the ledger than came out of the join
    with it. Of the rows on duty all later reasons together are as many as the join gave.
    """
    for file in (file for file in files if file.rows):
        found = values_counted(reasons[file.first_row : file.first_row + file.rows])[: len(Reason)]
        ledger = [int(found[reason]) for reason in _FINAL]
        joined = counts.joined.get(file.first_row, (0,) * len(Reason))
        on_duty = int(found.sum()) - sum(ledger)
        if [*ledger, on_duty] != [joined[reason] for reason in (*_FINAL, Reason.ON_DUTY)]:
            raise PrivacyError(LOST)
