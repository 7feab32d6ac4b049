"""Files are unpacked and decoded before they are read; what cannot be stops the run, without a word of its content."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pyarrow as pa
import pytest

from offduty.config.declarations import TableDeclaration
from offduty.core.errors import InputError
from offduty.ingest import plain_files
from offduty.ingest.plain_files import json_of, write_plain
from offduty.ingest.source_file import Source

TEXT = "title\nÄ,b\n1,2\n"


def plain(folder: Path, content: bytes, kind: str = "csv", compression: str = "", **declared: object) -> bytes:
    """What is read of a file."""
    path = folder / "rows"
    path.write_bytes(content)
    out = io.BytesIO()
    write_plain(Source(0, "roster", "rows", path, kind, compression, TableDeclaration(**declared)), out)
    return out.getvalue()


@pytest.mark.parametrize("block", [1, 2, 3, 1 << 20])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "cp1252", "utf-32"])
def test_text_becomes_utf_8_without_a_mark(tmp_path, monkeypatch, encoding, block):
    """Wherever a block ends: in a character, or in the mark."""
    monkeypatch.setattr(plain_files, "BLOCK_BYTES", block)
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    assert plain(tmp_path, (mark + TEXT).encode(encoding), encoding=encoding) == TEXT.encode()


@pytest.mark.parametrize("block", [1, 2, 1 << 20])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("skipped", [0, 1, 2, 3])
def test_so_many_lines_are_not_read(tmp_path, monkeypatch, skipped, end, block):
    """However lines end; a quote mark in them closes nothing."""
    monkeypatch.setattr(plain_files, "BLOCK_BYTES", block)
    lines = ['"a title', "", "a,b", "1,2"]
    left = "".join(line + end for line in lines[skipped:])
    assert plain(tmp_path, "".join(line + end for line in lines).encode(), skip_rows=skipped) == left.encode()


def test_a_file_that_is_shorter_than_what_is_skipped_is_empty(tmp_path):
    """The reader then says that there is no header."""
    assert plain(tmp_path, b"one\ntwo\n", skip_rows=3) == b""
    assert plain(tmp_path, b"one\ntwo", skip_rows=2) == b""


def test_packed_files_may_have_parts(tmp_path):
    """Members of gzip, frames of zstd."""
    parts = [b"a,b\n", b"1,2\n"]
    assert plain(tmp_path, b"".join(map(gzip.compress, parts)), compression="gzip") == b"a,b\n1,2\n"
    frames = b"".join(pa.compress(part, codec="zstd", asbytes=True) for part in parts)
    assert plain(tmp_path, frames, compression="zstd") == b"a,b\n1,2\n"


@pytest.mark.parametrize(
    ("content", "compression", "told"),
    [
        (gzip.compress(b"secret" * 99, mtime=0)[:-9], "gzip", "it is not packed by gzip, or cut short"),
        (b"secret,rows", "gzip", "it is not packed by gzip, or cut short"),
        (b"secret,rows", "zstd", "it is not packed by zstd, or cut short"),
    ],
)
def test_what_cannot_be_unpacked_stops_the_run(tmp_path, content, compression, told):
    """Its content is not repeated."""
    with pytest.raises(InputError) as error:
        plain(tmp_path, content, compression=compression)
    assert told in str(error.value)
    assert "secret" not in str(error.value)


def test_text_in_another_encoding_stops_the_run(tmp_path):
    """An odd byte in UTF-16, one that the encoding does not have, and UTF-16 without the mark that says its order."""
    faults = {"utf-16": TEXT.encode("utf-16")[:-1], "ascii": "Ä".encode("cp1252"), "utf_16": TEXT.encode("utf-16-le")}
    for encoding, content in faults.items():
        with pytest.raises(InputError, match=f"the text is not written in {encoding}; correct inputs.roster.encoding"):
            plain(tmp_path, content, encoding=encoding)


def test_a_document_of_json_is_unpacked_and_decoded(tmp_path):
    """As GeoJSON is."""
    path = tmp_path / "p"
    path.write_bytes(gzip.compress('{"a": "Ä"}'.encode("cp1252")))
    source = Source(0, "places", "p", path, "geojson", "gzip", TableDeclaration(encoding="cp1252"))
    assert json_of(source) == {"a": "Ä"}
