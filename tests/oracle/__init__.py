"""The oracle: the same questions answered again, row by row in plain Python, from SPEC 2-7 alone.

It shares nothing with the package: no duckdb, no shapely, no numpy. It is slow and meant to be read.
`answer(world)` takes a `world`, a mapping shaped like a case of the conformance file (`tables`, `policy`, `as_of`,
`interval`), and gives an `Answer`, or raises `Stop` where the run must stop (exit 3).
"""

from tests.oracle.decide import Answer, answer
from tests.oracle.reading import Stop

__all__ = ["Answer", "Stop", "answer"]
