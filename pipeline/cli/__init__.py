"""The command line, the only folder that prints: answers on standard output, and on standard error what goes on."""

from __future__ import annotations

import errno
import gc
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from offduty.cli.console import drop_answer, hold_closed_streams, not_printed, say
from offduty.cli.core_dumps import leave_none
from offduty.cli.interface import cli
from offduty.cli.options import INTERRUPTED
from offduty.core import interrupts, published
from offduty.core.errors import COUNTED_FROM_0, OffdutyError, StorageError, UsageError

OBJECTS_BETWEEN_COLLECTIONS = 500_000
"""A GeoJSON of homes is a million small objects and no cycle: with the threshold of Python (700) a sixth of the time
that reading it takes goes into looking for cycles. To import what a run needs makes more than 100,000 objects.
"""


def main() -> NoReturn:
    """Run the command line and exit with its code (specification#exit-codes)."""
    hold_closed_streams()
    published.forget()
    leave_none()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    try:
        with interrupts.watched():
            code = cli.main(standalone_mode=False)
    except OffdutyError as error:
        _end_if_interrupted()
        numbered = error.row is not None and error.file is not None
        sys.exit(_fail(f"{error}\n{COUNTED_FROM_0}" if numbered else str(error), error.exit_code))
    except click.ClickException as error:
        sys.exit(_fail(error.format_message(), UsageError.exit_code))
    except (click.Abort, KeyboardInterrupt):
        _end_as_interrupted()
    except SystemExit:  # click (8.5) raises it where nobody reads what --help and --version say
        drop_answer()
        sys.exit(_fail(not_printed(BrokenPipeError(errno.EPIPE, "")), StorageError.exit_code))
    except Exception as error:  # an unforeseen error may quote a row's values: print only its type and place
        _end_if_interrupted()
        if isinstance(error, OSError) and _module(error) == "click.utils":  # click prints what --help and --version say
            drop_answer()
            sys.exit(_fail(not_printed(error), StorageError.exit_code))
        failure = f"unexpected failure ({type(error).__name__} in {_place(error)})"
        sys.exit(_fail(f"{failure}; {published.what_stands()}. This is a bug: please report it", 1))
    sys.exit(code if isinstance(code, int) else 0)  # the code that a command chose, such as 7


def _end_if_interrupted() -> None:
    """An error after an interrupt is one that a library made of it, or nobody's concern any more."""
    if interrupts.came():
        _end_as_interrupted()


def _end_as_interrupted() -> NoReturn:
    sys.exit(_fail(f"interrupted; {published.what_stands()}", INTERRUPTED))


def _place(error: BaseException) -> str:
    frame = _frame(error)
    return "?" if frame is None else f"{Path(frame[0].f_code.co_filename).name}:{frame[1]}"


def _module(error: BaseException) -> str:
    """The module that raised an error."""
    frame = _frame(error)
    return "" if frame is None else str(frame[0].f_globals.get("__name__", ""))


def _frame(error: BaseException) -> tuple[FrameType, int] | None:
    """Where an error was raised, and in which line."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return None if trace is None else (trace.tb_frame, trace.tb_lineno)


def _fail(text: str, code: int) -> int:
    say(f"offduty: {text}")
    return code
