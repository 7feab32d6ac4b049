"""The job as it is written in JOB.toml: its sections, and what each key may be."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictStr

from offduty.config.declarations import COMMA, METRES_OF, UTF_8, TableDeclaration
from offduty.config.expect import ExpectSection
from offduty.config.file_date import check_file_date
from offduty.config.key_files import KEY_DIGITS
from offduty.config.toml_reader import Expectation, Section
from offduty.config.zones import known_zone, zone_names

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")
NO_TEXT_OF_FILES = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"})
"""What Python calls text encodings, and no file is written in."""


def _valid_name(text: str) -> str:
    if not text.strip() or "\0" in text:
        raise ValueError("names no file")
    return text


def _not_a_key(text: str) -> str:
    if KEY_DIGITS.fullmatch(text.strip()):
        raise ValueError("the key itself")
    return text


def _text_encoding(name: str) -> str:
    """The name of a text encoding as Python writes it; ``ValueError`` for one that Python does not know."""
    try:
        known = codecs.lookup(name)
        "".encode(name)
        if known.name in NO_TEXT_OF_FILES:
            raise ValueError(name)
    except (LookupError, ValueError):
        raise ValueError("no such encoding") from None
    return known.name


def _one_character(text: str) -> str:
    if len(text) != 1 or text in '"\r\n' or ord(text) > 127:
        raise ValueError("not one character")
    return text


def _date_in_a_name(form: str | None) -> str | None:
    """How a date is written in names; ``ValueError`` where it is not one whole date."""
    if form is not None:
        check_file_date(form)
    return form


def _each_word_once(words: dict[str, list[str]]) -> dict[str, list[str]]:
    written = [word for several in words.values() for word in several]
    if len(set(written)) < len(written) or not all(word.strip() for word in written):
        raise ValueError("a word means two things, or is nothing written")
    return words


def _unit(text: str) -> str:
    """The unit itself; ``ValueError`` where it is neither a unit of length nor a number other than 0."""
    if text in METRES_OF:
        return text
    if _NUMBER.fullmatch(text) is None or not float(text) or not math.isfinite(float(text)):
        raise ValueError("neither a unit nor a number")
    return text


def _recipient(text: str | None) -> str | None:
    if text is not None and _RECIPIENT.fullmatch(text) is None:
        raise ValueError("no public key of age")
    return text


Name = Annotated[StrictStr, AfterValidator(_valid_name)]
FILES = Expectation("a file, a glob or a folder, as text")
KEY_FILE = Expectation("the name of a key file, not the key itself", secret=True)

Files = Annotated[Name, FILES]
File = Annotated[Name, Expectation("the name of a file, as text")]
KeyFileName = Annotated[Name, AfterValidator(_not_a_key)]


class TableSection(Section):
    """One input table: where it is, and how it is written."""

    path: Files = Field(description="A file, a glob or a folder.")
    format: Annotated[
        Literal["csv", "ndjson", "parquet", "geojson"] | None,
        Expectation('"csv", "ndjson", "parquet" or "geojson"', choices=lambda: ("csv", "ndjson", "parquet", "geojson")),
    ] = Field(default=None, description="How the files are written, where their ending does not say it.")
    compression: Annotated[
        Literal["gzip", "zstd", "none"] | None,
        Expectation('"gzip", "zstd" or "none"', choices=lambda: ("gzip", "zstd", "none")),
    ] = Field(default=None, description="How the files are packed, where their ending (.gz, .zst) does not say it.")
    encoding: Annotated[
        StrictStr, AfterValidator(_text_encoding), Expectation('a text encoding such as "utf-16" or "cp1252"')
    ] = Field(default=UTF_8, description="How text is encoded.")
    delimiter: Annotated[
        StrictStr, AfterValidator(_one_character), Expectation('one character, such as ";" or "\\t"')
    ] = Field(default=COMMA, description="CSV: the character between values.")
    decimal: Annotated[Literal[".", ","], Expectation('"." or ","', choices=lambda: (".", ","))] = Field(
        default=".", description="What stands before the decimals of numbers in text."
    )
    skip_rows: Annotated[int, Field(ge=0, le=1_000), Expectation("a whole number from 0 to 1000")] = Field(
        default=0, description="CSV: how many lines at the start of each file are not read; the header follows them."
    )
    time_zone: Annotated[
        StrictStr | None,
        AfterValidator(known_zone),
        Expectation('an IANA time zone such as "Europe/London"', choices=zone_names),
    ] = Field(
        default=None,
        description="What times without an offset, and dates without a time of day, mean in this table. Without it a"
        " time without an offset stops the run.",
    )
    file_date: Annotated[
        Name | None,
        AfterValidator(_date_in_a_name),
        Expectation('text with %Y, %m and %d, each once, such as "%Y-%m-%d" or "%Y%m%d"'),
    ] = Field(
        default=None,
        description="Pings: how the date of a file is written in its name. Each file then has the positions of that"
        " local day alone, and only files whose day can matter to an interval are opened; a row of another day stops"
        " the run.",
    )
    columns: Annotated[dict[Name, Name], Expectation("a table: our name of a column = its name in the files")] = Field(
        default_factory=dict, description="For columns of the contract, the names that they have in the files."
    )
    constants: Annotated[dict[Name, StrictStr], Expectation("a table: the name of a column = its value, as text")] = (
        Field(default_factory=dict, description="The value of a column of the contract that no file has.")
    )
    values: Annotated[
        dict[Name, Annotated[dict[StrictStr, list[StrictStr]], AfterValidator(_each_word_once)]],
        Expectation(
            "a table for each column: our value = a list of the words that mean it, each word once, none empty"
        ),
    ] = Field(default_factory=dict, description="Which written words mean a value of the contract.")
    times: Annotated[
        dict[Name, Name],
        Expectation(
            'a table: the name of a column = "unix_s", "unix_ms", "excel" or a format such as "%d/%m/%Y %H:%M"'
        ),
    ] = Field(default_factory=dict, description="How times are written, column by column.")
    units: Annotated[
        dict[Name, Annotated[StrictStr, AfterValidator(_unit)]],
        Expectation('a table: the name of a column = a number as text, such as "1e-7", or "m", "km", "ft" or "mi"'),
    ] = Field(
        default_factory=dict, description="By what numbers are multiplied, or their unit of length, column by column."
    )
    ignore: Annotated[tuple[Name, ...], Expectation("a list of names of columns")] = Field(
        default=(),
        strict=False,
        description="Columns that look like one of the contract's optional columns and are not.",
    )
    distinct: Annotated[tuple[Name, ...], Expectation("a list of names of id columns")] = Field(
        default=(),
        strict=False,
        description="Columns of ids in which ids that look alike (R7 and r7, 42 and 042) are different things.",
    )

    def declaration(self) -> TableDeclaration:
        """What the section declares, without the path."""
        return TableDeclaration(
            time_zone=self.time_zone,
            ignore=self.ignore,
            distinct=self.distinct,
            format=self.format or "",
            compression=self.compression or "",
            encoding=self.encoding,
            delimiter=self.delimiter,
            decimal=self.decimal,
            skip_rows=self.skip_rows,
            file_date=self.file_date or "",
            columns=self.columns,
            constants=self.constants,
            values={column: _by_written_word(words) for column, words in self.values.items()},
            times=self.times,
            units=self.units,
        )


def _by_written_word(words: Mapping[str, list[str]]) -> dict[str, str]:
    return {written: ours for ours, several in words.items() for written in several}


def _as_table(written: object) -> object:
    """A table as it may be written: its path alone, or a section."""
    return {"path": written} if isinstance(written, str) else written


AS_TABLE = BeforeValidator(_as_table, json_schema_input_type=Name | TableSection)
Table = Annotated[TableSection, AS_TABLE, FILES]


class InputsSection(Section):
    """The input tables: for each a file, a glob or a folder, or a section that says how it is written."""

    pings: Table = Field(
        description="The pings: one row for each location fix of a device.", examples=["pings/*.parquet"]
    )
    assignments: Table = Field(
        description="Which officer had which device, from when to when.", examples=["assignments.csv"]
    )
    roster: Table = Field(description="Every recorded version of every shift.", examples=["roster.csv"])
    places: Table = Field(
        description="The protected places: homes, and other areas where nobody may be located.",
        examples=["places.geojson"],
    )
    sites: Annotated[TableSection | None, AS_TABLE, FILES] = Field(
        default=None,
        description='The workplaces, such as stations; may be left out where the policy has legs.rule = "off".',
        examples=["sites.geojson"],
    )


class KeysSection(Section):
    """The key files: each has 64 hex digits, and only its owner can read it."""

    pseudonym: Annotated[KeyFileName, KEY_FILE] = Field(
        description="The key that makes the pseudonyms of officers; whoever has it can undo them.",
        examples=["pseudonym.key"],
    )
    signing: Annotated[KeyFileName | None, KEY_FILE] = Field(
        default=None,
        description="The key that signs the log; may be left out, and then the log is unsigned.",
        examples=["signing.key"],
    )


class OutputSection(Section):
    """Where the run publishes."""

    store: Annotated[Name, Expectation("the name of a folder, as text")] = Field(
        description="The folder, or the address in an object store, for the log and for the release, the ledger and the"
        " quarantine of every run.",
        examples=["store"],
    )
    keep_references: Annotated[
        StrictStr | None,
        AfterValidator(_recipient),
        Expectation('the public key of an auditor, as age writes it ("age1…")'),
    ] = Field(
        default=None,
        description="The public key of an auditor, for whom each run keeps its reference tables, sealed. Without it"
        " none is kept.",
    )


class JobDocument(Section):
    """A job as it is written in the file; `Job` is the same with resolved paths."""

    policy: File = Field(
        description="The file with the rules: the document that the workforce was consulted on.",
        examples=["policy.toml"],
    )
    inputs: InputsSection
    keys: KeysSection
    output: OutputSection
    expect: ExpectSection = ExpectSection()
