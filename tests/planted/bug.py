"""What a planted bug is: a small wrong change to one room of the filter, as somebody might well make it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Edit:
    """One exact replacement in one module: ``old`` stands there once, and ``new`` takes its place."""

    module: str
    old: str
    new: str


@dataclass(frozen=True)
class Bug:
    """A planted bug: what was changed, in plain words, and what would come of it.

    ``harm`` says what it would give away or lose, and begins with one of the two words ``leaks`` and ``loses``.
    ``rule`` is the part of the rules that it breaks.
    """

    name: str
    harm: str
    rule: str
    edits: tuple[Edit, ...]

    @property
    def modules(self) -> list[str]:
        """The modules it touches."""
        return sorted({edit.module for edit in self.edits})

    def plant(self, pipeline: Path) -> None:
        """Change a copy of the package; raises `ValueError` where an old text does not stand there exactly once."""
        for edit in self.edits:
            path = pipeline / edit.module
            text = path.read_text(encoding="utf-8")
            if text.count(edit.old) != 1:
                raise ValueError(f"{self.name}: the old text stands {text.count(edit.old)} times in {edit.module}")
            path.unlink()  # the file may have other names, in other copies
            path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


def bug(name: str, harm: str, rule: str, module: str, old: str, new: str, *more: tuple[str, str]) -> Bug:
    """A bug in one module; ``more`` are further replacements there."""
    return Bug(name, harm, rule, tuple(Edit(module, *pair) for pair in ((old, new), *more)))
