"""Where things lie in the checkout, for tests that read them; nothing else counts folders."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""
SAMPLE = ROOT / "sample_data"
SHARED = Path(os.environ.get("OFFDUTY_SHARED", ROOT.parent / "shared"))
"""What may lie beside the project: conformance cases, and tables with faults that people really have."""
