"""Who approved each version is read from every file that a roster may be, row by row, and never passed over."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty.analyses.roster_files import read_people, read_register, read_roster_files, read_units, roster_of_job
from offduty.core.errors import InputError
from tests.world import lay_out, ping, shift, world

APPROVERS = ["login-1", "", "Müller, A.", "login-3"]


def rows() -> list[dict[str, str]]:
    """A shift for each of the approvers."""
    return [
        {
            **{name: str(value) for name, value in shift(shift_id=f"s{number}").items() if value is not None},
            "approved_by": text,
        }
        for number, text in enumerate(APPROVERS)
    ]


def as_csv(delimiter: str = ",", gap: str = "") -> str:
    """Them as CSV; ``gap`` is a line after the first row."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows()[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    for number, row in enumerate(rows()):
        writer.writerow(row)
        text.write(gap if number == 0 else "")
    return text.getvalue()


def written(folder: Path, form: str) -> str:
    """The roster in one of the forms; its name."""
    text, name = as_csv(), f"roster.{form}"
    path = folder / name
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows()), path)
    elif form == "ndjson":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows()), encoding="utf-8")
    elif form == "csv.gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif form == "csv.zst":
        with pa.OSFile(str(path), "wb") as file, pa.CompressedOutputStream(file, "zstd") as packed:
            packed.write(text.encode())
    else:
        path.write_text(text, encoding="utf-8")
    return name


@pytest.mark.parametrize("form", ["csv", "csv.gz", "csv.zst", "ndjson", "parquet"])
def test_every_form_of_a_roster_gives_the_same_approvers(tmp_path, form):
    """A packed one, too, which pandas alone may not unpack."""
    found, approved = read_roster_files(written(tmp_path, form), tmp_path)
    assert dict(zip(found["shift_id"].to_pylist(), approved["approved_by"], strict=True)) == {
        f"s{number}": text for number, text in enumerate(APPROVERS)
    }


def test_an_empty_line_moves_no_approver_to_another_row(tmp_path):
    """A row in which nothing is written is counted, and left out."""
    empty = "," * (len(rows()[0]) - 1) + "\n"
    (tmp_path / "roster.csv").write_text(as_csv(gap=empty), encoding="utf-8")
    found, approved = read_roster_files("roster.csv", tmp_path)
    assert found["row"].to_pylist() == [0, 2, 3, 4]
    assert approved["approved_by"].tolist() == APPROVERS


def test_a_declared_roster_has_its_approvers(tmp_path):
    """Semicolons, Windows letters, and a line above the header."""
    job = lay_out(world([ping("09:00")]), tmp_path)
    (tmp_path / "roster.csv").write_bytes(b"made by hand\n" + as_csv(";").encode("cp1252"))
    how = 'roster = { path = "roster.csv", delimiter = ";", encoding = "cp1252", skip_rows = 1 }'
    job.write_text(job.read_text().replace('roster = "roster.csv"', how))
    assert roster_of_job(job).approved["approved_by"].tolist() == APPROVERS


def test_of_two_files_one_may_have_no_approvers(tmp_path):
    """Its rows have an empty text; where no file has the column there is none."""
    (tmp_path / "rosters").mkdir()
    written(tmp_path / "rosters", "csv")
    lines = [line.rsplit(",", 1)[0] for line in as_csv().replace('"Müller, A."', "x").splitlines()]
    (tmp_path / "rosters" / "without.csv").write_text("\n".join(lines) + "\n")
    _, approved = read_roster_files("rosters", tmp_path)
    assert approved["approved_by"].tolist() == [*APPROVERS, "", "", "", ""]
    _, none = read_roster_files("rosters/without.csv", tmp_path)
    assert none.empty


def test_a_packed_file_that_is_cut_short_is_an_error(tmp_path):
    """And no roster without approvers."""
    name = written(tmp_path, "csv.gz")
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError):
        read_roster_files(name, tmp_path)


PEOPLE = {"recorded_by": ["a", "b"], "officer_id": ["o1", None], "unit": ["u", "u"], "role": ["r", None]}


@pytest.mark.parametrize("by", ["arrow", "pandas"])
def test_recorders_in_dictionary_columns_are_text(tmp_path, by):
    """Of a category nothing but its own values can be made, and so no empty text of a gap."""
    path, numbers = tmp_path / "people.parquet", {**PEOPLE, "unit": [7, None]}
    if by == "arrow":
        pq.write_table(pa.table({name: pa.array(texts).dictionary_encode() for name, texts in numbers.items()}), path)
    else:
        pd.DataFrame(numbers).astype({"unit": "Int64"}).astype("category").to_parquet(path)
    found = read_people(path).fillna("").astype(str)
    assert found["officer_id"].tolist() == ["o1", ""]
    assert found["unit"].tolist() == ["7", ""]


@pytest.mark.parametrize("ending", ["gz", "zip"])
def test_packed_recorders_are_refused_with_what_to_do(tmp_path, ending):
    """Whoever makes the audit again could not read them."""
    path = tmp_path / f"people.csv.{ending}"
    pd.DataFrame(PEOPLE).to_csv(path, index=False)
    for read in (read_people, read_units, read_register):
        with pytest.raises(InputError, match="unpack it") as raised:
            read(path)
        assert raised.value.file == path.name
