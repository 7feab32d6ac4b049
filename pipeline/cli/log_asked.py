"""Writes into a store's log what a command was asked, before it answers, and says which entry that is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from offduty.admin.log_analysis import AskedAnalysis, log_analysis
from offduty.cli.console import say
from offduty.config.key_files import load_signing_key
from offduty.core.locations import Location


def log_asked(
    store: Location, asked: AskedAnalysis, signing: Path | None, files: Mapping[str, bytes], officer: str = ""
) -> None:
    """Add the entry; ``signing`` is the file of the secret key that signs the log. Raises as `log_analysis` does where
    that cannot be done, and then nothing may be answered.
    """
    seed = None if signing is None else load_signing_key(signing)
    entry = log_analysis(store, asked, seed, files, officer)
    say(f"the log says that this was asked: entry {entry.number}")
