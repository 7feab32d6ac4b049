"""Runs the inputs that people really have, as they are and as a job can declare them, and writes docs/reference/inputs.md.

`python -m tests.input_kinds` rewrites the tables of the page. The inputs lie beside the project (`make inputs` runs all
of them): each kind is the same day of one officer, written as some program writes it.
"""

from __future__ import annotations

import importlib.util
import re
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from offduty import InputError, run
from offduty.runs.run import RunResult
from tests.paths import ROOT, SHARED

FOLDER = SHARED / "faults"
PAGE = ROOT / "docs" / "reference" / "inputs.md"
AS_OF = "2026-06-10T00:00:00Z"
ALL = 39
"""How many positions of the day are to be released, where nothing else than the writing differs."""


@dataclass(frozen=True)
class Kind:
    """A kind of input: the folder of its case, what it is, what to declare of which table, or what to do instead.

    ``declared`` is the TOML of the table's section; where there is none, ``advice`` says what helps, or why nothing is
    needed.
    """

    case: str
    words: str
    advice: str = ""
    table: str = ""
    declared: str = ""


def zone(name: str) -> str:
    return f'time_zone = "{name}"'


ISO = "%Y-%m-%d"
TRACCAR = (
    'columns = { device_id = "deviceId", observed_at = "fixTime", lon = "longitude", lat = "latitude",'
    ' accuracy_m = "accuracy" }'
)
OWNTRACKS = (
    'columns = { device_id = "tid", observed_at = "tst", accuracy_m = "acc" }\ntimes = { observed_at = "unix_s" }'
)
CONVERT = "`offduty convert` writes it as CSV ([converting](../how-to/converting.md))"
LINES = "write one object per line first (`jq -c '.[]'`)"
TRACCAR_JSON = "`offduty convert traccar` writes it as CSV ([converting](../how-to/converting.md))"
IN_EXPORT = "correct the export"

REPORTS = {
    "31-excel-csv/semicolon-decimal-comma": "umap-project/umap#1556",
    "31-excel-csv/sep-line": "apama-log-analyzer#5",
    "40-one-value-too-many": "microsoft-365-docs#8784",
    "40-one-value-too-many/pings-decimal-comma": "umap-project/umap#1556",
    "30-feed-formats-refused/owntracks-rec": "owntracks/recorder#515",
    "30-feed-formats-refused/overland-batch": "aaronpk/Overland-iOS#105",
    "16-feed-in-local-time": "traccar#2581",
    "28-whole-feed-quarantined/dd-mm-yyyy": "submersion#1828",
    "28-whole-feed-quarantined": "plees-tracker#579",
    "36-google-times-to-the-minute": "Freika/dawarich#3115",
    "27-clock-ahead-of-receipt": "vitalidze/traccar-web#866",
    "28-whole-feed-quarantined/degree-sign": "location-history-json-converter#66",
    "13-accuracy-under-another-name": "OpenTracks#1188",
    "29-accuracy-zero-from-trackers": "traccar#5724",
    "20-no-fix-at-home": "traccar#5644",
    "20-no-fix-at-home/empty-position": "traccar#4575",
    "22-sign-lost-near-meridian": "traccar#3739",
    "26-extra-columns-that-tell": "endurain#131",
    "01-officer-id-float-geojson": "geopandas#1185",
    "02-everyones-place-NULL-text": "dbeaver#4755",
    "05-leave-for-nobody": "molgenis-emx2#2584",
    "19-handover-device-id-differs": "teams-for-linux#2076",
    "24-leave-type-as-shift-id": "one_fm#4497",
    "32-roster-exports/day-first": "moodle-mod_booking#1323",
    "32-roster-exports/night-on-one-date": "horilla-hr#358",
    "32-roster-exports/split-shift-one-id": "OCA/shift-planning#39",
    "32-roster-exports/windows-zone": "ical_to_gcal_sync#14",
    "14-roster-zone-under-another-name": "GAS-ICS-Sync#219",
    "33-roster-zone-GMT-all-year": "moment-timezone#534",
    "06-leave-one-day-inclusive": "urlaubsverwaltung#3516",
    "08-home-valid-to-last-day": "tldraw#9475",
    "10-home-wkt-lat-lon": "traccar-web#653",
    "12-home-at-null-island": "civicrm-core#33960",
    "23-site-holds-a-home": "traccar-web#911",
}
"""Public reports of somebody who had a kind of input, by its case."""

KINDS: dict[str, list[Kind]] = {
    "How a file is written": [
        Kind("31-excel-csv/utf-8-bom-crlf-is-read", "CSV from a spreadsheet: byte order mark, Windows line ends"),
        Kind("30-feed-formats-refused/csv-gz", "CSV packed with gzip"),
        Kind(
            "31-excel-csv/semicolon-decimal-comma",
            "semicolons between values, and decimal commas (`51,5`)",
            table="pings",
            declared='delimiter = ";"\ndecimal = ","',
        ),
        Kind("31-excel-csv/tab", "tabs between values", table="pings", declared='delimiter = "\\t"'),
        Kind("31-excel-csv/utf-16", "UTF-16 (“Unicode text”)", table="pings", declared='encoding = "utf-16"'),
        Kind("31-excel-csv/windows-1252", "Windows-1252", table="pings", declared='encoding = "cp1252"'),
        Kind("31-excel-csv/sep-line", "a line `sep=,` above the header", table="pings", declared="skip_rows = 1"),
        Kind("31-excel-csv/title-lines-above", "title lines above the header", table="pings", declared="skip_rows = 2"),
        Kind("31-excel-csv/total-line-below", "a line with a total below the rows", f"{IN_EXPORT}: rows only"),
        Kind("31-excel-csv/blanks-after-commas", "a space after each comma", f"{IN_EXPORT}: no spaces around values"),
        Kind("31-excel-csv/trailing-comma-in-rows", "a comma at the end of each row", f"{IN_EXPORT}: as many as names"),
        Kind("40-one-value-too-many/header-ends-in-comma", "a comma at the end of the header", f"{IN_EXPORT}: a name"),
        Kind("40-one-value-too-many", "one row with a value more than the header", IN_EXPORT),
        Kind(
            "40-one-value-too-many/pings-decimal-comma",
            "decimal commas in a file with commas",
            f"{IN_EXPORT}: quotes around numbers, or semicolons",
        ),
    ],
    "Formats of trackers and calendars": [
        Kind("30-feed-formats-refused/traccar-report-columns", "Traccar, as CSV", table="pings", declared=TRACCAR),
        Kind("30-feed-formats-refused/traccar-api", "Traccar, as a JSON array", TRACCAR_JSON),
        Kind("30-feed-formats-refused/json-array", "a JSON array in a file that ends in .ndjson", LINES),
        Kind(
            "30-feed-formats-refused/owntracks-ndjson",
            "OwnTracks, one JSON object per line (here five positions, all before duty)",
            table="pings",
            declared=OWNTRACKS,
        ),
        Kind("30-feed-formats-refused/owntracks-rec", "OwnTracks recorder (.rec)", CONVERT),
        Kind("30-feed-formats-refused/overland-batch", "Overland: batches of GeoJSON features", CONVERT),
        Kind("30-feed-formats-refused/takeout-records", "Google Takeout (Records.json)", CONVERT),
        Kind("30-feed-formats-refused/timeline-on-device", "Google Timeline of a phone (Timeline.json)", CONVERT),
        Kind("30-feed-formats-refused/gpx", "GPX", CONVERT),
        Kind("32-roster-exports/ics", "the roster as a calendar (iCalendar)", CONVERT),
    ],
    "Times of positions": [
        Kind(
            "16-feed-in-local-time",
            "local time without an offset",
            table="pings",
            declared=zone("Europe/London"),
        ),
        Kind(
            "28-whole-feed-quarantined/dd-mm-yyyy",
            "02/06/2026 05:00 (here in UTC)",
            table="pings",
            declared=f'times = {{ observed_at = "%d/%m/%Y %H:%M" }}\n{zone("UTC")}',
        ),
        Kind(
            "28-whole-feed-quarantined/twelve-hours",
            "5:00 AM (here in UTC)",
            table="pings",
            declared=f'times = {{ observed_at = "{ISO} %I:%M %p" }}\n{zone("UTC")}',
        ),
        Kind(
            "28-whole-feed-quarantined/UTC-as-a-word",
            "the word UTC behind the time",
            table="pings",
            declared=f'times = {{ observed_at = "{ISO} %H:%M:%S UTC" }}\n{zone("UTC")}',
        ),
        Kind(
            "28-whole-feed-quarantined/blank-before-offset",
            "a space before the offset",
            table="pings",
            declared=f'times = {{ observed_at = "{ISO} %H:%M:%S %z" }}',
        ),
        Kind(
            "28-whole-feed-quarantined",
            "seconds since 1970",
            table="pings",
            declared='times = { observed_at = "unix_s" }',
        ),
        Kind(
            "28-whole-feed-quarantined/epoch-milliseconds",
            "milliseconds since 1970",
            table="pings",
            declared='times = { observed_at = "unix_ms" }',
        ),
        Kind("36-google-times-to-the-minute", "several positions in one minute", "nothing"),
        Kind(
            "27-clock-ahead-of-receipt", "a clock that is an hour ahead of the receipt", "set the clocks of the devices"
        ),
    ],
    "Positions and accuracies": [
        Kind(
            "28-whole-feed-quarantined/E7-integers",
            "whole numbers: degrees times ten million",
            table="pings",
            declared='units = { lon = "1e-7", lat = "1e-7" }',
        ),
        Kind("28-whole-feed-quarantined/degree-sign", "a degree sign behind the number", f"{IN_EXPORT}: numbers alone"),
        Kind(
            "13-accuracy-under-another-name",
            "the accuracy is called `accuracy` (`acc`, `hAcc` …)",
            table="pings",
            declared='columns = { accuracy_m = "accuracy" }',
        ),
        Kind(
            "29-accuracy-zero-from-trackers",
            "accuracy 0 for “not known”",
            'agree on `accuracy.zero = "missing"` in the policy',
        ),
        Kind("20-no-fix-at-home", "(0, 0) where the device has no fix", "nothing: those rows are quarantined"),
        Kind(
            "20-no-fix-at-home/empty-position",
            "no position where the device has no fix",
            "nothing: those rows are quarantined",
        ),
        Kind("22-sign-lost-near-meridian", "`valid` says that there was no fix", "nothing: those rows are quarantined"),
        Kind("26-extra-columns-that-tell", "an odometer among `release.extra_columns`", "leave it out of the policy"),
    ],
    "Ids and who had a device": [
        Kind(
            "01-officer-id-float-geojson", "officer 1042 is written 1042.0 in the places", "write the id as elsewhere"
        ),
        Kind("02-everyones-place-NULL-text", "NULL (`\\N`, `None`, `nan`) for “protects everyone”", "nothing"),
        Kind("05-leave-for-nobody", "a leave whose officer has a space behind the id", "nothing: the leave counts"),
        Kind(
            "05-leave-for-nobody/lead-zero",
            "a leave whose officer has lost a zero in front",
            "nothing: the leave counts",
        ),
        Kind(
            "19-handover-device-id-differs",
            "the second holder's device is `r7` and not `R7`",
            "write the id as elsewhere",
        ),
        Kind("24-leave-type-as-shift-id", "the kind of leave is in `shift_id`", "nothing: both leaves count"),
    ],
    "Rosters": [
        Kind(
            "32-roster-exports/day-first",
            "02/06/2026 08:00",
            table="roster",
            declared='times = { starts_at = "%d/%m/%Y %H:%M", ends_at = "%d/%m/%Y %H:%M" }',
        ),
        Kind(
            "32-roster-exports/excel-serial",
            "days as a spreadsheet counts them (46175.33)",
            table="roster",
            declared='times = { starts_at = "excel", ends_at = "excel" }',
        ),
        Kind("32-roster-exports/ends-24-00", "a shift until 24:00", f"{IN_EXPORT}: 00:00 of the next day"),
        Kind(
            "32-roster-exports/night-on-one-date",
            "a night whose end has the date of its start",
            f"{IN_EXPORT}: the date of the end",
        ),
        Kind("32-roster-exports/no-recorded_at", "no time of recording", "ask for an export with it"),
        Kind(
            "32-roster-exports/split-shift-one-id",
            "two parts of a shift with one id",
            f"{IN_EXPORT}: an id for each part",
        ),
        Kind(
            "32-roster-exports/status-Published",
            "another word for active",
            table="roster",
            declared='values.status = { active = ["Published"] }',
        ),
        Kind(
            "32-roster-exports/code-Duty",
            "another word for a duty code of the policy",
            table="roster",
            declared='values.duty_code = { duty = ["Duty"] }',
        ),
        Kind(
            "14-roster-zone-under-another-name",
            "the time zone is called `tz`",
            table="roster",
            declared='columns = { timezone = "tz" }',
        ),
        Kind(
            "32-roster-exports/windows-zone",
            "the time zone is “GMT Standard Time”",
            table="roster",
            declared='values.timezone = { "Europe/London" = ["GMT Standard Time"] }',
        ),
        Kind(
            "32-roster-exports/zone-BST",
            "the time zone is “BST”",
            table="roster",
            declared='values.timezone = { "Europe/London" = ["BST"] }',
        ),
        Kind(
            "33-roster-zone-GMT-all-year",
            "the time zone is “GMT” all year, and means London",
            table="roster",
            declared='values.timezone = { "Europe/London" = ["GMT"] }',
        ),
        Kind(
            "06-leave-one-day-inclusive", "a leave of one day, from and to the same date", "nothing: the leave counts"
        ),
    ],
    "Places and sites": [
        Kind(
            "08-home-valid-to-last-day", "a home that is valid until today's date", "nothing: it protects on that day"
        ),
        Kind("10-home-wkt-lat-lon", "a home as WKT with the latitude first", "exchange longitude and latitude"),
        Kind("10-home-wkt-lat-lon/columns-swapped", "a home with exchanged columns", "exchange longitude and latitude"),
        Kind("12-home-at-null-island", "a home at (0, 0), because its address was not found", "find the address"),
        Kind(
            "12-home-at-null-island/ons-no-location-99.999999",
            "a home at latitude 99.999999, for “not found”",
            "find the address",
        ),
        Kind("23-site-holds-a-home", "a whole district as a site, with a home in it", "draw the sites as they are"),
    ],
}


def laid_out(kind: Kind, folder: Path) -> Path:
    """Lay the files of a kind into a folder; returns the job, as it lies beside the project."""
    case, _, variant = kind.case.partition("/")
    place = FOLDER / case / "variants" / variant if variant else None
    _checker().lay_out(FOLDER / case, place, folder)
    return folder / "job.toml"


def declare(kind: Kind, job: Path) -> None:
    """Write the declaration of a kind into the job."""
    written = tomllib.loads(job.read_text(encoding="utf-8"))
    tables = [
        f'[inputs.{table}]\npath = "{path}"\n{kind.declared if table == kind.table else ""}\n'
        for table, path in written["inputs"].items()
    ]
    rest = '[keys]\npseudonym = "pseudonym.key"\n\n[output]\nstore = "store"\n'
    job.write_text("\n".join(['policy = "policy.toml"\n', *tables, rest]), encoding="utf-8")


def outcome(job: Path) -> str:
    """What a run does with the inputs, in words."""
    try:
        done = run(job, as_of=AS_OF)
    except InputError:
        return "stops"
    return _released(done)


def _released(done: RunResult) -> str:
    released = done.counts["on_duty"]
    notes = [note for note in done.notes if not re.search(r"columns? that (is|are) not used", note)]
    if released == 0:
        return "releases none, and says why" if len(notes) > 1 else "releases none, and says so"
    return f"releases {released}, and says what is odd" if notes else f"releases {released}"


def rows(kinds: list[Kind]) -> Iterator[str]:
    """The rows of a table of the page, from running the kinds."""
    yield "| kind of input | reported in | as it is | declare, or do | then |"
    yield "|---|---|---|---|---|"
    for kind in kinds:
        as_it_is, then = outcomes(kind)
        done = kind.advice or ("nothing" if not kind.declared else _code(f"inputs.{kind.table}", kind.declared))
        yield f"| {kind.words} | {REPORTS.get(kind.case, '')} | {as_it_is} | {done} | {then} |"


def outcomes(kind: Kind) -> tuple[str, str]:
    """What a run does with a kind as it is, and as it is declared; the second is empty without a declaration."""
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        as_it_is = outcome(laid_out(kind, Path(first)))
        if not kind.declared:
            return as_it_is, ""
        job = laid_out(kind, Path(second))
        declare(kind, job)
        return as_it_is, outcome(job)


def _code(table: str, declared: str) -> str:
    return f"{'; '.join(f'`{line}`' for line in declared.splitlines())} in `{table}`".replace("|", "\\|")


def page(text: str) -> str:
    """The text of the page with its tables written anew."""
    for title, kinds in KINDS.items():
        before, mark, rest = text.partition(f"## {title}\n")
        table = re.search(r"^\|.*?(?=\n\n|\Z)", rest, re.DOTALL | re.MULTILINE)
        if table is None:
            raise SystemExit(f"the page has no table below {title}")
        text = before + mark + rest[: table.start()] + "\n".join(rows(kinds)).rstrip() + rest[table.end() :]
    return text.rstrip() + "\n"


def _checker() -> ModuleType:
    """The program beside the project that lays the files of a case out."""
    spec = importlib.util.spec_from_file_location("faults_check", FOLDER / "check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
