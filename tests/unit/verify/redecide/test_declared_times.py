"""Times as a job declares them, read by the second implementation: every form, and what is written otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from offduty.verify.redecide.ingest.declared_times import declared_times, kind_of
from offduty.verify.redecide.text_values import NO_TIME, Form

EPOCH = datetime(1970, 1, 1)
DAY_AND_TIME = "%d/%m/%Y %H:%M"


def read(form: str, *texts: str | None) -> list[str | None]:
    """Texts in a declared form as ISO 8601; None where one cannot be read."""
    return [iso(us) for us in declared_times(pa.array(texts, pa.string()), form).tolist()]


def iso(us: int) -> str | None:
    """Microseconds since 1970 as text."""
    return None if us == NO_TIME else (EPOCH + timedelta(microseconds=us)).isoformat()


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("%d/%m/%Y", Form.DAY),
        ("%d/%m/%Y (%A)", Form.DAY),
        (DAY_AND_TIME, Form.WALL),
        ("%d.%m.%y %I.%M %p", Form.WALL),
        ("%Y-%m-%dT%H:%M:%S%z", Form.INSTANT),
        ("unix_s", Form.INSTANT),
        ("unix_ms", Form.INSTANT),
        ("excel", Form.WALL),
    ],
)
def test_what_a_form_means(form, kind):
    """With an offset an instant, without an hour a bare date, else a wall time."""
    assert kind_of(form) is kind


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        (DAY_AND_TIME, "02/03/2026 08:05", "2026-03-02T08:05:00"),
        (DAY_AND_TIME, "2/3/2026 8:5", "2026-03-02T08:05:00"),
        ("%d/%m/%Y", "29/02/2028", "2028-02-29T00:00:00"),
        ("%Y%m%d", "20260302", "2026-03-02T00:00:00"),
        ("%Y%m%d%H%M%S", "20260302080509", "2026-03-02T08:05:09"),
        ("%m/%d/%y", "3/2/26", "2026-03-02T00:00:00"),
        ("%d.%m.%Y %H", "02.03.2026 23", "2026-03-02T23:00:00"),
        ("%d-%b-%Y", "02-MAR-2026", "2026-03-02T00:00:00"),
        ("%d-%B-%Y", "02-march-2026", "2026-03-02T00:00:00"),
        ("%d %B %Y", "2 May 2026", "2026-05-02T00:00:00"),
        ("%d %b %Y", "2 sep 2026", "2026-09-02T00:00:00"),
        ("%A, %d %B %Y", "Sunday, 2 March 2026", "2026-03-02T00:00:00"),
        ("%a %d %b %Y", "MON 02 Mar 2026", "2026-03-02T00:00:00"),
        ("%d%%%m%%%Y", "02%03%2026", "2026-03-02T00:00:00"),
        ("le %d.%m.%Y à %Hh%M", "le 02.03.2026 à 8h05", "2026-03-02T08:05:00"),
        ("%d/%m/%Y [%H]", "02/03/2026 [8]", "2026-03-02T08:00:00"),
    ],
)
def test_written_by_a_format(form, text, expected):
    """Letter by letter, with one or two digits where these end by themselves."""
    assert read(form, text) == [expected]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (DAY_AND_TIME, "2026-03-02T08:05:00Z"),
        (DAY_AND_TIME, "2026-03-02 08:05"),
        (DAY_AND_TIME, " 02/03/2026 08:05"),
        (DAY_AND_TIME, "02/03/2026 08:05 "),
        (DAY_AND_TIME, "02/03/2026 08:05\n"),
        (DAY_AND_TIME, "02/03/2026  08:05"),
        (DAY_AND_TIME, "02/03/2026\u00a008:05"),
        (DAY_AND_TIME, "02/03/26 08:05"),
        (DAY_AND_TIME, "02/03/02026 08:05"),
        (DAY_AND_TIME, "002/03/2026 08:05"),
        (DAY_AND_TIME, "02/03/2026 24:00"),
        (DAY_AND_TIME, "02/03/2026 08:60"),
        (DAY_AND_TIME, "31/02/2026 08:05"),
        (DAY_AND_TIME, "29/02/2026 08:05"),
        (DAY_AND_TIME, "02/13/2026 08:05"),
        (DAY_AND_TIME, "00/03/2026 08:05"),
        (DAY_AND_TIME, "02/03/0000 08:05"),
        (DAY_AND_TIME, "٠٢/03/2026 08:05"),
        (DAY_AND_TIME, ""),
        (DAY_AND_TIME, "NULL"),
        ("%Y%m%d", "2026302"),
        ("%Y-%m-%d %H:%M:%S", "2026-03-02 08:05:60"),
        ("%d %b %Y", "2 Mär 2026"),
        ("%d %b %Y", "2 Sept 2026"),
        ("%d %b %Y", "2 March 2026"),
        ("%d %B %Y", "2 Mar 2026"),
        ("%A %d %b %Y", "Mon 2 Mar 2026"),
        ("%d %b %Y", "2 \u017fep 2026"),
        ("%A %d %B %Y", "2 March 2026"),
        ("Le %d.%m.%Y", "le 02.03.2026"),
        ("%d/%m/%Y %I:%M %p", "02/03/2026 13:05 PM"),
        ("%d/%m/%Y %I:%M %p", "02/03/2026 0:05 AM"),
        ("%d/%m/%Y %I:%M %p", "02/03/2026 8:05"),
    ],
)
def test_what_is_written_otherwise_cannot_be_read(form, text):
    """Not even in the contract's own form; and no time that the calendar does not have."""
    assert read(form, text) == [None]


def test_a_directive_of_digits_beside_another_has_exactly_two():
    """A literal digit is no directive: `%H` before one still has one or two."""
    assert read("%d%m%Y", "02032026", "2032026", "232026") == ["2026-03-02T00:00:00", None, None]
    assert read("%d/%m/%Y %H%M", "02/03/2026 0805", "02/03/2026 805") == ["2026-03-02T08:05:00", None]
    assert read("%d/%m/%Y %H00", "02/03/2026 800", "2/3/2026 0800") == ["2026-03-02T08:00:00"] * 2
    assert read("%d/%m/%Y %H:%M:%S%f", "2/3/2026 8:5:0912", "2/3/2026 8:5:9") == ["2026-03-02T08:05:09.120000", None]


def test_years_of_two_digits_turn_at_69():
    """69 to 99 are the last century, 00 to 68 this one."""
    years = [text and text[:4] for text in read("%d/%m/%y", "01/01/69", "01/01/99", "01/01/00", "01/01/68")]
    assert years == ["1969", "1999", "2000", "2068"]


def test_the_hour_of_twelve():
    """12 AM is midnight, 12 PM noon; in small letters, too."""
    form = "%d/%m/%Y %I:%M %p"
    texts = [f"02/03/2026 {time}" for time in ("12:00 AM", "12:30 PM", "1:05 pm", "11:59 am", "1:05 P.M.")]
    clocks = [text and text[11:16] for text in read(form, *texts)]
    assert clocks == ["00:00", "12:30", "13:05", "11:59", None]


def test_fractions_have_one_to_nine_digits_and_are_cut_after_six():
    """They are a fraction, not a number: .5 is half a second."""
    form = "%Y-%m-%d %H:%M:%S.%f"
    texts = [f"2026-03-02 08:05:09.{digits}" for digits in ("5", "000001", "123456789", "1234567890", "")]
    assert [text and text[19:] for text in read(form, *texts)] == [".500000", ".000001", ".123456", None, None]


def test_offsets():
    """`Z`, `±HHMM` and `±HH:MM`; the result is in UTC, and within the years 1 to 9999."""
    form = "%Y-%m-%d %H:%M%z"
    offsets = ("Z", "+0000", "+01:00", "-0130", "+23:59", "z", "+01", "", "+24:00", "+1:00", "+01:60", " +0100", "UTC")
    clocks = [text and text[11:16] for text in read(form, *(f"2026-03-02 08:00{offset}" for offset in offsets))]
    assert clocks == ["08:00", "08:00", "07:00", "09:30", "08:01", *[None] * 8]
    assert read(form, "0001-01-01 00:30+0100", "9999-12-31 23:30-0100", "9999-12-31 23:30+0100") == [
        None,
        None,
        "9999-12-31T22:30:00",
    ]


@pytest.mark.parametrize(
    "form",
    [
        "%d/%m",
        "%H:%M",
        "%d/%m/%Y %j",
        "%d/%m/%Y %I:%M",
        "%d/%m/%Y %H:%M %p",
        "%z %d/%m/%Y %H:%M",
        "%d/%m/%Y %H:%M%z ",
        "%d/%m/%Y%z",
        "%d/%m/%Y %b",
        "%d/%m/%Y %y",
        "%d/%m/%Y %H:%M %H",
        "%d/%m/%Y %H %I %p",
        "%d/%m/%Y %M",
        "%d/%m/%Y %H:%S",
        "%d/%m/%Y %H:%M.%f",
        "%d/%m/%Y %",
        "",
        "iso",
    ],
)
def test_a_format_that_means_nothing_is_none(form):
    """It has no date, an unknown directive, half a time of day, or an offset that is not at its end."""
    with pytest.raises(ValueError, match="a format of times"):
        kind_of(form)
    with pytest.raises(ValueError, match="a format of times"):
        read(form, "02/03/2026")


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("unix_s", "1772438400", "2026-03-02T08:00:00"),
        ("unix_s", "+1772438400", "2026-03-02T08:00:00"),
        ("unix_s", "0", "1970-01-01T00:00:00"),
        ("unix_s", "-0", "1970-01-01T00:00:00"),
        ("unix_s", "-1", "1969-12-31T23:59:59"),
        ("unix_s", "1772438400.5", "2026-03-02T08:00:00.500000"),
        ("unix_s", "1772438400.1234567", "2026-03-02T08:00:00.123456"),
        ("unix_s", "-1.5", "1969-12-31T23:59:58.500000"),
        ("unix_s", "-0.0000001", "1969-12-31T23:59:59.999999"),
        ("unix_s", "-1.0000000", "1969-12-31T23:59:59"),
        ("unix_s", "0000000000000001772438400.000", "2026-03-02T08:00:00"),
        ("unix_s", "253402300799.999999", "9999-12-31T23:59:59.999999"),
        ("unix_s", "-62135596800", "0001-01-01T00:00:00"),
        ("unix_ms", "1772438400123", "2026-03-02T08:00:00.123000"),
        ("unix_ms", "1772438400123.4567", "2026-03-02T08:00:00.123456"),
        ("unix_ms", "-0.0001", "1969-12-31T23:59:59.999999"),
        ("unix_ms", "-1.001", "1969-12-31T23:59:59.998999"),
        ("excel", "46083", "2026-03-02T00:00:00"),
        ("excel", "46083.5", "2026-03-02T12:00:00"),
        ("excel", "46083.3333333333", "2026-03-02T08:00:00"),
        ("excel", "46083.333333333336", "2026-03-02T08:00:00"),
        ("excel", "0", "1899-12-30T00:00:00"),
        ("excel", "-1.25", "1899-12-28T18:00:00"),
        ("excel", "0.00000015625", "1899-12-30T00:00:00.014000"),
        ("excel", "0.000000156249999999", "1899-12-30T00:00:00.013000"),
        ("excel", "0.0000001562499999999999999999999999999999999999999999", "1899-12-30T00:00:00.013000"),
        ("excel", "-0.00000015625", "1899-12-29T23:59:59.987000"),
        ("excel", "46083.00000015625", "2026-03-02T00:00:00.014000"),
        ("excel", "2958465.9999999999", "NO"),
    ],
)
def test_written_as_a_number(form, text, expected):
    """Finer than a microsecond is cut towards the past; Excel's days are rounded to the millisecond, half of it up."""
    assert read(form, text) == [None if expected == "NO" else expected]


@pytest.mark.parametrize("form", ["unix_s", "unix_ms", "excel"])
@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            " ",
            "NULL",
            "1e9",
            "1,5",
            "1 000",
            " 1",
            "1 ",
            "--1",
            "0x10",
            "1_000",
            "nan",
            "inf",
            ".",
            "-",
            "१",
            "1.",
            ".5",
        ],
        *["9" * 30, "9" * 5_000, "2026-03-02T08:00:00Z", "2026-03-02"],
    ],
)
def test_a_number_that_is_none(form, text):
    """No exponent, no space, no other sign; nor an instant in the contract's own form."""
    assert read(form, text) == [None]


@pytest.mark.parametrize(
    ("form", "column", "expected"),
    [
        ("unix_s", pa.array([1_772_438_400, None, -1], pa.int64()), ["2026-03-02T08:00:00", None, "1969-12-31T23:59:59"]),
        ("unix_ms", pa.array([1_772_438_400_000.0, None, 0.5]), ["2026-03-02T08:00:00", None, "1970-01-01T00:00:00.000500"]),
        ("unix_s", pa.array([1_772_438_400.25, float("nan"), 1e300]), ["2026-03-02T08:00:00.250000", None, None]),
        ("unix_s", pa.array([2**64 - 1, 5], pa.uint64()), [None, "1970-01-01T00:00:05"]),
        ("excel", pa.array([46083.25, None]), ["2026-03-02T06:00:00", None]),
        ("%Y%m%d", pa.array([20260302, 2026302]), ["2026-03-02T00:00:00", None]),
        ("%Y%m%d", pa.array([20260302.0]), [None]),
        ("%Y%m%d", pa.array(["20260302", None, "20260302"]).dictionary_encode(), ["2026-03-02T00:00:00", None, "2026-03-02T00:00:00"]),
        ("%Y%m%d", pa.nulls(2, pa.string()), [None, None]),
        ("excel", pa.nulls(0, pa.string()), []),
    ],
)  # fmt: skip
def test_columns_of_parquet(form, column, expected):
    """Numbers by their digits, whatever the type of their column."""
    assert [iso(us) for us in declared_times(column, form).tolist()] == expected


@pytest.mark.parametrize("form", ["unix_s", "excel", DAY_AND_TIME])
@pytest.mark.parametrize(
    "column",
    [
        pa.array([datetime(2026, 3, 2, tzinfo=UTC)], pa.timestamp("us", "UTC")),
        pa.array([datetime(2026, 3, 2)], pa.timestamp("ns")),
        pa.array([date(2026, 3, 2)]),
    ],
    ids=str,
)
def test_a_column_that_is_of_times_already_stops(form, column):
    """What is declared about it cannot be true."""
    with pytest.raises(ValueError, match="a column of times"):
        declared_times(column, form)


def test_many_texts_are_read_like_each_alone():
    """Usual texts are read by the column, others one by one: both ways give the same."""
    rng = np.random.default_rng(7)
    for form, texts in (
        ("unix_s", [repr(value) for value in rng.uniform(-3e9, 3e9, 300).tolist()]),
        ("unix_ms", [repr(value) for value in rng.uniform(-3e12, 3e12, 300).tolist()]),
        ("excel", [repr(value) for value in rng.uniform(-700, 60_000, 300).tolist()]),
    ):
        padded = [("-" + "0" * 20 + text[1:]) if text[0] == "-" else "0" * 20 + text for text in texts]
        assert read(form, *texts) == read(form, *padded)
        assert None not in read(form, *texts)
