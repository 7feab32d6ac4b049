"""The oracle: decides row by row in plain Python, from the specification alone (sections 1 to 7).

It shares nothing with the package, and does not use duckdb, shapely or numpy. It is slow and meant to be read.
`answer(world)` takes a mapping in the form of a conformance case (`tables`, `policy`, `as_of`, `interval`, perhaps
`inputs` with the declarations of a table: `time_zone`, `distinct`, `ignore`). It returns an `Answer`, or raises `Stop`
where the run must stop (exit code 3).
"""

from tests.oracle.decide import Answer, answer
from tests.oracle.reading import Stop

__all__ = ["Answer", "Stop", "answer"]
