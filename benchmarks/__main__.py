"""Measures the filter, and simple programs for the same question in other tools, part by part, and prints the tables.

With ``--write`` the figures are kept in benchmarks/figures.json, part by part, and all pages that show them are
written anew.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from benchmarks import noise, pages, tables, targets
from benchmarks.figures import Figures, PartFigures, merge, read
from benchmarks.machine import Session, keep_to_two_cores
from benchmarks.measure import SideError
from benchmarks.parts import PARTS, SHORT, SIZES, SPARK
from benchmarks.rounds import take


def main() -> None:
    """Measure what was asked for, print it, and with ``--write`` keep it."""
    options = _options()
    keep_to_two_cores()
    options.keep.mkdir(parents=True, exist_ok=True)
    if options.pages:
        pages.write(read())
        return
    session = Session()
    try:
        taken = {name: _take(name, options, session) for name in _asked(options)}
    except SideError as error:
        sys.exit(f"benchmark: {error}")
    finally:
        if options.write:
            pages.write(read())  # of what was taken, also where the next part failed
    print(f"{tables.all_tables(taken)}\n\n{targets.table({**read(), **taken})}")
    if options.short:
        _compare(read(), taken[SHORT])


def _take(name: str, options: argparse.Namespace, session: Session) -> PartFigures:
    """Measure a part; what is done is kept, whatever becomes of the next one."""
    _say(f"part {name}")
    if name == SPARK:
        from benchmarks.beside_spark import take_spark

        measured = take_spark(options.keep, options.runs, session, write=options.write)
    else:
        measured = take(PARTS[name], options.keep, options.runs, session, _say)
    if options.write:
        merge(name, measured)
    return measured


def _asked(options: argparse.Namespace) -> list[str]:
    """The names of the parts to be measured, in order."""
    if options.short:
        return [SHORT]
    if options.only or options.rows:
        return [*_words(options.rows), *_words(options.only)]
    return [*PARTS, *([SPARK] if options.spark else [])]


def _words(text: str) -> list[str]:
    return text.split(",") if text else []


def _compare(kept: Figures, now: PartFigures) -> None:
    """Print a warning for what became slower; nothing fails here."""
    if SHORT not in kept:
        print("\nThere are no short figures yet to compare with.")
        return
    found = list(noise.warnings(kept[SHORT], now))
    print(f"\nBeside the figures that are kept ({tables.origin(kept[SHORT].taken)}):")
    print(*([f"WARNING: {text}" for text in found] or ["nothing is slower beyond noise."]), sep="\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the figures, and rewrite the pages and the picture")
    parser.add_argument(
        "--only", default="", help=f"take these parts: {', '.join([*PARTS, SPARK])} (default: all but spark)"
    )
    parser.add_argument("--rows", default="", help=f"take these sizes, in million pings: {', '.join(SIZES)}")
    parser.add_argument("--spark", action="store_true", help="also take Spark, which needs Java")
    parser.add_argument("--runs", type=int, default=100, help="at most so many rounds, for a glance")
    folder = Path(tempfile.gettempdir()) / "offduty-bench"
    parser.add_argument("--keep", type=Path, default=folder, help="the folder of the streams, which are used again")
    parser.add_argument("--short", action="store_true", help="200,000 pings, compared with the figures that are kept")
    parser.add_argument("--pages", action="store_true", help="measure nothing: write the pages from what is kept")
    options = parser.parse_args()
    if not set(_words(options.only)) <= {*PARTS, SPARK} or not set(_words(options.rows)) <= set(SIZES):
        parser.error(f"--only takes {', '.join([*PARTS, SPARK])}; --rows takes {', '.join(SIZES)}")
    if (options.write or options.pages) and find_spec("matplotlib") is None:
        parser.error("the picture needs matplotlib: pip install '.[pictures]'")
    return options


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
