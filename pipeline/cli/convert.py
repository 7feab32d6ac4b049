"""`offduty convert`: other programs' files become a table of the contract, for a job to read."""

from __future__ import annotations

from pathlib import Path

from offduty.cli.console import print_lines, say
from offduty.cli.write_file import check_free, placed
from offduty.convert.convert_files import check_asked, in_other_words
from offduty.convert.convert_files import convert as convert_files
from offduty.convert.formats import listed
from offduty.convert.reading import Asked
from offduty.core.count_words import number_of
from offduty.core.errors import UsageError


def convert(
    format_name: str | None,
    source: Path | None,
    out: Path | None,
    *,
    device: str | None,
    officer: str | None,
    start: str | None,
    end: str | None,
    recorded_at: str | None,
    id_column: str | None,
) -> int:
    """Convert IN, a file or a folder, and write OUT, a new file for its owner only; without a format, list them."""
    if format_name is None:
        return print_lines(listed())
    asked = Asked(device or "", officer or "", start or "", end or "", recorded_at or "", id_column or "")
    known = check_asked(format_name, asked)
    if source is None or out is None:
        raise UsageError(f"name what to read and what to write: offduty convert {format_name} IN OUT.csv")
    if out.suffix.lower() != ".csv":
        raise UsageError("what is written is CSV: give it a name that ends in .csv", file=out.name)
    check_free(out, force=False, replaceable=False)
    with placed(out, force=False, replaceable=False) as file:
        found = convert_files(format_name, source, file, asked)
    for line in in_other_words(found):
        say(line)
    rows, files = number_of(found.rows, "row"), number_of(found.files, "file")
    say(f"{out.name}: {rows} of {known.table}, from {files}; next: name it in the job, then offduty check")
    return 0
