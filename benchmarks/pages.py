"""Where figures about speed stand: which page, between which marks, made by what. Nothing else quotes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks import tables, targets
from benchmarks.figures import Figures
from tests.written import rewrite

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "pictures" / "speed.svg"
SPOTS: tuple[tuple[str, str, Callable[[Figures], str]], ...] = (
    ("benchmarks/README.md", "figures", tables.all_tables),
    ("benchmarks/README.md", "targets", targets.table),
    ("README.md", "benchmark", tables.glance),
    ("docs/how-to/auditing.md", "audit speed", tables.audit),
)
"""Page, name of the marks, and what makes the text between them."""


def write(figures: Figures, root: Path = ROOT) -> None:
    """Rewrite every spot, and draw the picture. `SystemExit` where a page lacks its marks."""
    for page, name, made in SPOTS:
        rewrite(root / page, name, made(figures))
    from tools.speed_chart import draw  # matplotlib is large: it must not be loaded while others are measured

    draw(figures, root / PICTURE.relative_to(ROOT))
