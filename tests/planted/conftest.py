"""Lets the tests of this folder see the numbered worlds."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "properties"))
