"""Finds the folders that are at the top of a checkout and inside the installed package: contracts and pages."""

from __future__ import annotations

from pathlib import Path


def data_folder(name: str) -> Path:
    """The folder of this name: inside the installed package, or at the top of a checkout. It need not exist."""
    package = Path(__file__).resolve().parents[1]
    packaged = package / name
    return packaged if packaged.is_dir() else package.parent / name
