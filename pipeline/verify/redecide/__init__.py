"""A second implementation of the whole decision, by other hands: it shares no code with the filter.

It reads a run's inputs, decides every row from SPEC and docs alone, and holds the answer to ledger, quarantine and
release. Nothing here imports a room of the filter, and no database is asked.
"""

from offduty.verify.redecide.decision.sample_seed import confidence_bound
from offduty.verify.redecide.model import CappedDifferences, Difference, InputFile, RunCase, Sample, Soundness
from offduty.verify.redecide.plausibility.plausible import Plausibility, check_possible
from offduty.verify.redecide.redecide import decide_again

__all__ = [
    "CappedDifferences",
    "Difference",
    "InputFile",
    "Plausibility",
    "RunCase",
    "Sample",
    "Soundness",
    "check_possible",
    "confidence_bound",
    "decide_again",
]
