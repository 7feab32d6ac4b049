"""A second implementation of the whole decision, by other hands: it shares no code with the filter.

It reads a run's inputs, decides every row from SPEC and docs alone, and holds the answer to ledger, quarantine and
release. Nothing here imports a room of the filter, and no database is asked.
"""

from pipeline.verify.again.draws import confidence_bound
from pipeline.verify.again.possible import Possible, check_possible
from pipeline.verify.again.story import decide_again
from pipeline.verify.again.terms import Case, Difference, Found, InputFile, Sample, Soundness

__all__ = [
    "Case",
    "Difference",
    "Found",
    "InputFile",
    "Possible",
    "Sample",
    "Soundness",
    "check_possible",
    "confidence_bound",
    "decide_again",
]
