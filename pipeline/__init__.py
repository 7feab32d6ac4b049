"""The filter between a device-tracking feed and the people who analyse it: what is not proven to be duty stays hidden.

>>> from pipeline import Reason
>>> [reason.word for reason in Reason if reason.released]
['on_duty']

`run` is the main job; `Policy` and `Job` are the documents it rests on; `decide_pings` gives reasons for pings that are already
at hand. Names are loaded when they are first used, so that a look at the help costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.errors import (
        InputError,
        OffdutyError,
        PrivacyError,
        ProofError,
        StorageError,
        StoreBusyError,
        UsageError,
    )
    from pipeline.job import Job
    from pipeline.policy import Policy
    from pipeline.reasons import QuarantineReason, Reason
    from pipeline.run_job import RunResult, run
    from pipeline.settling import columns_as_text, decide_pings, settle_reference

_ROOMS = {
    "InputError": "errors", "OffdutyError": "errors", "PrivacyError": "errors", "ProofError": "errors",
    "StorageError": "errors", "StoreBusyError": "errors", "UsageError": "errors", "Job": "job", "Policy": "policy",
    "QuarantineReason": "reasons", "Reason": "reasons", "RunResult": "run_job", "columns_as_text": "settling",
    "decide_pings": "settling", "run": "run_job", "settle_reference": "settling",
}  # fmt: skip

__all__ = [
    "InputError", "Job", "OffdutyError", "Policy", "PrivacyError", "ProofError", "QuarantineReason", "Reason", "RunResult",
    "StorageError", "StoreBusyError", "UsageError", "columns_as_text", "decide_pings", "run", "settle_reference",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"pipeline.{_ROOMS[name]}"), name)
