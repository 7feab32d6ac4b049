"""How many processors there are, where the system does not say which may be used; and where nothing runs at all."""

from __future__ import annotations

import importlib
import os
import sys

import pytest

import offduty
from offduty.core.processors import processors


def test_without_an_affinity_all_processors_count(monkeypatch):
    """As on macOS; and at least one."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert processors() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert processors() == 1


def test_windows_is_refused_with_a_sentence(monkeypatch):
    """Before anything that it does not have is missed."""
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(ImportError, match="does not run on Windows"):
        importlib.reload(offduty)
