"""All faults of all inputs are told in one message, with what to declare (specification#columns-by-name)."""

from __future__ import annotations

from tests.cli.command import here
from tests.world import lay_out, world


def test_what_is_wrong_with_every_file_is_one_message(tmp_path):
    """Missing columns, semicolons, UTF-16, times without an offset, too many values: a line for each file."""
    job = lay_out(world(), tmp_path)
    header = "device_id;observed_at;lon;lat"
    (tmp_path / "pings" / "part-0.csv").write_text(f"{header}\nd1;2026-03-02T09:00:00Z;1;2\n")
    (tmp_path / "assignments.csv").write_text("device_id,officer_id,valid_from\nd1,o1,2026-01-01T00:00:00\n")
    (tmp_path / "roster.csv").write_text("shift_id,Staff No,starts_at,ends_at,duty_code,status,recorded_at\n")
    (tmp_path / "places.csv").write_text("place_id,kind,lon,lat,radius_m\nh,home,1,2,3,4\n")
    (tmp_path / "sites.csv").write_text("site_id,lon,lat,radius_m\n", encoding="utf-16")
    done = here("run", job)
    assert done.returncode == 3
    lines = done.stderr.splitlines()
    for told in (
        "pings/part-0.csv: its header has semicolons between its names: declare inputs.pings.delimiter",
        "roster.csv: the file lacks the column 'officer_id'; free columns of its header are 'Staff No'",
        "places.csv: a row has more values than the header has columns",
        'sites.csv: it is written in UTF-16: declare encoding = "utf-16"',
        "times without an offset are not known (assignments: valid_from)",
    ):
        assert any(told in line for line in lines), told
    assert "d1" not in done.stderr


def test_commas_in_a_file_that_is_declared_with_semicolons_are_said(tmp_path):
    """As after an update of the tracker: what the file lacks would be every column."""
    job = lay_out(world(), tmp_path)
    text = job.read_text(encoding="utf-8")
    declared = text.replace('pings = "pings"', 'pings = { path = "pings", delimiter = ";" }')
    job.write_text(declared, encoding="utf-8")
    done = here("run", job)
    assert done.returncode == 3
    assert (
        "its header has commas between its names, and inputs.pings.delimiter is ';': write it as before, or declare"
        " inputs.pings.delimiter" in done.stderr
    )
