"""What can be typed: every command with its arguments, options and help, a module for each group of `offduty --help`.

Big libraries wait until a command runs.
"""

from __future__ import annotations

from offduty.cli.interface import agree, ask, keys, look, make_up, prove, run
from offduty.cli.interface.command import cli

__all__ = ["agree", "ask", "cli", "keys", "look", "make_up", "prove", "run"]
