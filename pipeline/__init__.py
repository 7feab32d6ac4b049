"""The filter between a device-tracking feed and the people who analyse it: what is not proven to be duty stays hidden.

>>> from offduty import Reason
>>> [reason.word for reason in Reason if reason.released]
['on_duty']

`mask` makes a release of DataFrames that are at hand, and `run` one of the files that a job names, in a store with a
log; `read_release` reads it, and `map_page` shows cells of it. `Policy` and `Job` are the documents they rest on.
`reasons` and `decide_pings` give reasons, which are not for analysts. Names are loaded when they are first used: a look
at the help costs nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if sys.platform == "win32":
    raise ImportError(
        "offduty does not run on Windows: it needs file locks, permissions and signals of POSIX. Use it in WSL 2, or in"
        " a container (examples/container)"
    )

if TYPE_CHECKING:
    from offduty.config.job import Job
    from offduty.config.policy import Policy
    from offduty.core.errors import (
        InputError,
        OffdutyError,
        PrivacyError,
        ProofError,
        StorageError,
        StoreBusyError,
        UsageError,
    )
    from offduty.core.reasons import QuarantineReason, Reason
    from offduty.decision.reference import columns_as_text, decide_pings, settle_reference
    from offduty.runs.map_page import map_page
    from offduty.runs.mask import Release, mask, reasons
    from offduty.runs.read_release import read_release
    from offduty.runs.run import RunResult, run

_MODULES = {
    "InputError": "core.errors",
    "Job": "config.job",
    "OffdutyError": "core.errors",
    "Policy": "config.policy",
    "PrivacyError": "core.errors",
    "ProofError": "core.errors",
    "QuarantineReason": "core.reasons",
    "Reason": "core.reasons",
    "Release": "runs.mask",
    "RunResult": "runs.run",
    "StorageError": "core.errors",
    "StoreBusyError": "core.errors",
    "UsageError": "core.errors",
    "columns_as_text": "decision.reference",
    "decide_pings": "decision.reference",
    "map_page": "runs.map_page",
    "mask": "runs.mask",
    "read_release": "runs.read_release",
    "reasons": "runs.mask",
    "run": "runs.run",
    "settle_reference": "decision.reference",
}
"""Where each public name is defined. None of them may be the name of a folder (docs/adr/008)."""

__all__ = [
    "InputError",
    "Job",
    "OffdutyError",
    "Policy",
    "PrivacyError",
    "ProofError",
    "QuarantineReason",
    "Reason",
    "Release",
    "RunResult",
    "StorageError",
    "StoreBusyError",
    "UsageError",
    "columns_as_text",
    "decide_pings",
    "map_page",
    "mask",
    "read_release",
    "reasons",
    "run",
    "settle_reference",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"offduty.{_MODULES[name]}"), name)
