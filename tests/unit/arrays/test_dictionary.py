"""Codes of texts are in the order of the texts, whether most of them differ or not, and nothing written has none."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from offduty.arrays.dictionary import SAMPLE_ROWS, coded
from offduty.arrays.text_bytes import all_plain, shortest

LONG = [f"shift-{7 * number % (2 * SAMPLE_ROWS)}" for number in range(2 * SAMPLE_ROWS)]
COLUMNS = {
    "all differ": LONG,
    "some versions": [*LONG, *LONG[: SAMPLE_ROWS // 2], *LONG[:9]],
    "white space among them": [*LONG, " ", "", "\u00e9", " x", "x "],
    "none is there among them": [*LONG, None, "x", None],
    "few": ["b", "a", " ", None, "b", "", "a"],
    "no row": [],
    "nothing but NULL": [None, None],
}


def plainly(texts: list[str | None]) -> tuple[list[int], list[str]]:
    """The codes and the distinct texts, as Python finds them."""
    written = sorted({text for text in texts if (text or "").strip()}, key=str.encode)
    number = {text: place for place, text in enumerate(written)}
    return [number.get(text or "", -1) for text in texts], written


@pytest.mark.parametrize("texts", COLUMNS.values(), ids=COLUMNS)
@pytest.mark.parametrize("sliced", [False, True])
def test_codes_are_in_the_order_of_the_texts(texts, sliced):
    """Of an array, and of a part of a longer one."""
    column = pa.array(["before", *texts, "behind"], pa.string())[1:-1] if sliced else pa.array(texts, pa.string())
    found = coded(column)
    assert (found.codes.tolist(), found.texts) == plainly(texts)
    assert found.codes.dtype == np.int64


def test_codes_of_codes_are_the_same():
    """A column that has codes already."""
    found = coded(pa.array(["b", "a", None, " ", "b"]).dictionary_encode())
    assert (found.codes.tolist(), found.texts) == ([1, 0, -1, -1, 1], ["a", "b"])


@pytest.mark.parametrize("odd", [" ", "", None, "a b", "\u00e9", 'a"', "a\\", "[a", "]", "{a}", "\t", "\x7f"], ids=repr)
def test_a_column_with_one_odd_text_is_not_plain(odd):
    """Wherever it stands; and without it the column is."""
    texts = [f"id-{number}" for number in range(40_000)]
    assert all_plain(pa.array(texts))
    for place in (0, 39_000, len(texts)):
        column = pa.array([*texts[:place], odd, *texts[place:]])
        assert not all_plain(column)
        assert all_plain(column[place + 1 :])
        assert all_plain(column[:place])
    assert shortest(pa.array(texts)[20:]) == len("id-20")
