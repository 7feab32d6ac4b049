"""What attacker B may have been given, as the rows and tables of single cases name it."""

from __future__ import annotations

from benchmarks.bars import WITH, WITHOUT

NAMING = "19 naming"
BOTH, COPIES, NAMED = "of both questions", "with own copies", "names given"
LINKED, LINKED_WITH, LINKED_BOTH = "links given", "links given, single cases", "links given, both questions"
LINKS = {LINKED: WITHOUT, LINKED_WITH: WITH, LINKED_BOTH: BOTH}
"""Where it is given which pseudonyms are one officer's, and what B has besides."""
SHORT, SHIFTED = "ten windows each", "every period"
TOLD = "differencing"
"""What cases about one officer over several periods tell of single duty windows."""
TWO = "two periods, a window apart"
FILES = (WITH, BOTH, COPIES)
"""What B may have been given about an officer, from the least to the most."""
ROSTER, ROSTER_WITH, ROSTER_BOTH, ROSTER_COPIES = "roster", "single case", "both questions", "own copies"
"""What somebody has who has no release: the roster alone, or a file besides."""
MASKS = (WITHOUT, *FILES, NAMED)
