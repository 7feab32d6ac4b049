"""A second, independent implementation of the whole decision: it shares no code with the filter.

It reads a run's inputs, decides every row by the specification and the docs alone, and compares its answers with the
ledger, the quarantine and the release. Nothing here imports a module of the filter except the words for errors and
reasons, and no database is used (docs/explanation/again.md).
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
