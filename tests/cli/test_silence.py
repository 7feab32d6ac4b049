"""Silence: hidden rows have canaries, which must not be in any byte that a run writes, prints or leaves behind.

Rules: specification#silence, specification#rows-by-number. A canary is a device, officer, place or position that no
other row has. A needle is the bytes of a canary in one of its forms.
"""

from __future__ import annotations

import json
import struct
import traceback
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty import run
from offduty.core.errors import OffdutyError
from tests.forked import forked
from tests.world import AFTERWARDS, assignment, lay_out, ping, place, read_back, shift, site, square, world

LON, LAT = -0.123456789, 51.598765432
FENCE_LON, FENCE_LAT = -0.3217654321, 51.4567891234
SITE_LON, SITE_LAT = -0.1512345678, 51.5212345678
WORDS = ("CANARY-DEVICE", "CANARY-OFFICER", "CANARY-SHIFT", "CANARY-PLACE", "CANARY-CLERK")
NUMBERS = (LON, LAT, FENCE_LON, FENCE_LAT, SITE_LON, SITE_LAT)


def needles() -> dict[str, bytes]:
    """The bytes that must not be found: texts, and doubles and WKB in both byte orders."""
    found = {word: word.encode() for word in WORDS}
    found |= {word + "16": word.encode("utf-16-le") for word in WORDS}
    for value in NUMBERS:
        found |= {f"{value} as text": f"{abs(value):.6f}"[:-1].encode(), f"{value} LE": struct.pack("<d", value)}
        found |= {f"{value} BE": struct.pack(">d", value), f"{value} float": struct.pack("<f", value)}
    found["WKB"] = struct.pack("<BIdd", 1, 1, LON, LAT)
    return found


def planted() -> dict:
    """A world with canaries in rows that are hidden for many reasons, and one released row at a place without any."""
    spot = (LON, LAT)
    hidden = [
        ping("05:00", spot, device="CANARY-DEVICE"),
        ping("09:00", spot, device="CANARY-DEVICE-9"),
        ping("09:30", spot, accuracy=0, device="CANARY-DEVICE"),
        ping("10:00", (FENCE_LON, FENCE_LAT), device="CANARY-DEVICE"),
        ping("10:30", spot, device="CANARY-DEVICE"),
        ping("2026-03-03T09:00:00Z", spot, device="CANARY-DEVICE"),
        ping("09:00", (LON, 95.598765432), device="CANARY-DEVICE"),
        {**ping("09:00", spot, device="CANARY-DEVICE"), "observed_at": "CANARY-CLERK"},
    ]
    return world(
        [ping("08:30", device="CANARY-DEVICE"), *hidden],
        assignments=[
            assignment("CANARY-DEVICE", "CANARY-OFFICER"),
            assignment("CANARY-DEVICE-9", "CANARY-OFFICER-9", "CANARY-CLERK"),
        ],
        roster=[
            shift(shift_id="CANARY-SHIFT", officer="CANARY-OFFICER"),
            shift(
                "2026-03-03T08:00",
                "2026-03-03T16:00",
                shift_id="CANARY-SHIFT-2",
                officer="CANARY-OFFICER",
                recorded="2026-04-01",
            ),
            shift("CANARY-CLERK", shift_id="CANARY-SHIFT-3", officer="CANARY-OFFICER-9", code="leave"),
        ],
        places=[
            place((FENCE_LON, FENCE_LAT), 100, "CANARY-OFFICER", place_id="CANARY-PLACE"),
            place((FENCE_LON, 99.0), 100, "CANARY-OFFICER-9", place_id="CANARY-PLACE-9"),
        ],
        sites=[site(), site((SITE_LON, SITE_LAT), 20, "CANARY-PLACE")],
    )


def decoded(path: Path) -> bytes:
    """The bytes of a file; for Parquet also its values and metadata, decompressed."""
    raw = path.read_bytes()
    if path.suffix != ".parquet":
        return raw
    file = pq.ParquetFile(path)
    values = [value for column in file.read().columns for value in column.to_pylist()]
    packed = b"".join(
        v if isinstance(v, bytes) else struct.pack("<d", v) for v in values if isinstance(v, (float, bytes))
    )
    return (
        raw + repr(values).encode() + packed + repr(file.metadata.metadata).encode() + str(file.schema_arrow).encode()
    )


def sightings(haystacks: dict[str, bytes]) -> list[tuple[str, str]]:
    """Which needle was found where."""
    return [
        (place_, name) for place_, data in haystacks.items() for name, needle in needles().items() if needle in data
    ]


def files_of(*folders: Path) -> dict[str, bytes]:
    """Every file below these folders by its path, decoded. The path is part of what is searched."""
    found = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): str(path).encode() + decoded(path) for path in found}


@pytest.mark.parametrize("how", [[], ["--json"]], ids=["plain", "json"])
def test_canaries_are_found_only_in_the_quarantine(tmp_path, how):
    """Not in the release, ledger, log, output streams or temporary folder of a run that succeeded."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    job = lay_out(planted(), tmp_path / "job")
    env = {"TMPDIR": str(temporary)}
    done = forked("run", job, "--as-of", AFTERWARDS, *how, env=env)
    assert done.returncode == 0, done.stderr
    store = tmp_path / "job" / "store"
    (run_folder,) = (store / "runs").iterdir()
    haystacks = files_of(run_folder / "release", run_folder / "ledger", store / "log", temporary)
    outside = {p: d for p, d in files_of(store).items() if "/quarantine/" not in p}
    streams = {"stderr": done.stderr.encode(), "stdout": done.stdout.encode()}
    assert sightings({**haystacks, **outside, **streams}) == []
    assert list(temporary.rglob("*")) == []
    found = read_back(run_folder, len(planted()["tables"]["pings"]))
    assert found.reasons[0] == "on_duty"
    assert found.reasons.count("on_duty") == 1
    names = {"unassigned", "off_duty", "imprecise", "protected_place", "home_leg", "late_edit"}
    assert names <= set(found.reasons)


def test_the_needles_would_be_found(tmp_path):
    """The search works: it finds the canaries in the inputs, and in a Parquet file that has some."""
    lay_out(planted(), tmp_path)
    pq.write_table(
        pa.table({"lon": [LON], "lat": [LAT], "who": ["CANARY-OFFICER"]}), tmp_path / "leak.parquet", compression="zstd"
    )
    found = sightings(files_of(tmp_path))
    assert {name for file, name in found if file.endswith("leak.parquet")} >= {
        "CANARY-OFFICER",
        f"{LON} LE",
        f"{LAT} as text",
    }
    assert {name for _, name in found} >= set(WORDS)


def bad_place(w: dict) -> None:
    """Add a place for everyone that cannot be understood."""
    w["tables"]["places"].append(place((FENCE_LON, FENCE_LAT), -5, None, place_id="CANARY-PLACE"))


def bad_roster(w: dict) -> None:
    """Add leave that names neither officer nor shift."""
    w["tables"]["roster"].append(shift("CANARY-CLERK", shift_id=None, officer=None, code="CANARY-SHIFT"))


def bad_assignment(w: dict) -> None:
    """Add an assignment without a device."""
    w["tables"]["assignments"].append({**assignment("x", "CANARY-OFFICER"), "device_id": None})


def bad_csv(folder: Path) -> None:
    """Append a row with a quote that is not closed."""
    with next((folder / "pings").iterdir()).open("a") as file:
        file.write(f'"CANARY-DEVICE,2026-03-02T09:00:00Z,{LON},{LAT},10\n')


def bad_parquet(folder: Path) -> None:
    """Add a Parquet file with columns of the wrong type and canaries in them."""
    columns = {"device_id": ["CANARY-DEVICE"], "observed_at": [[LON]], "lon": ["CANARY-CLERK"], "lat": [LAT]}
    pq.write_table(pa.table(columns), folder / "pings" / "z.parquet")


def bad_ndjson(folder: Path) -> None:
    """Add a line that is not JSON, with canaries in it."""
    (folder / "pings" / "z.ndjson").write_text(f'{{"device_id": "CANARY-DEVICE", "lon": {LON}, "lat": {LAT}, "x"\n')


def bad_geometry(folder: Path) -> None:
    """Replace the places by a file that is not GeoJSON."""
    job = folder / "job.toml"
    job.write_text(job.read_text().replace("places.csv", "places.geojson"))
    (folder / "places.geojson").write_text(json.dumps(square(FENCE_LON, FENCE_LAT, 0.01))[:-20])


@pytest.mark.parametrize("damage", [bad_place, bad_roster, bad_assignment], ids=lambda f: f.__name__)
def test_a_row_that_stops_the_run_is_named_by_its_number(tmp_path, damage):
    """The whole traceback has nothing of its content."""
    given = planted()
    damage(given)
    assert_silent_stop(lay_out(given, tmp_path))


@pytest.mark.parametrize("damage", [bad_csv, bad_parquet, bad_ndjson, bad_geometry], ids=lambda f: f.__name__)
def test_a_file_that_stops_the_run_is_named_by_its_name(tmp_path, damage):
    """The messages of libraries quote what they could not read; ours must not."""
    job = lay_out(planted(), tmp_path)
    damage(tmp_path)
    assert_silent_stop(job)


def assert_silent_stop(job: Path) -> None:
    """The run stops, and no canary is in the error, its causes, or anything that is left in the store."""
    with pytest.raises(OffdutyError) as error:
        run(job, as_of=AFTERWARDS)
    printed = "".join(traceback.format_exception(error.value))
    lines = [line for line in printed.splitlines() if not line.startswith("    ")]  # quoted code is no message
    store = job.parent / "store"
    assert sightings({"error": "\n".join(lines).encode(), **(files_of(store) if store.exists() else {})}) == []
