"""Ids are compared without the white space about them; what is missing, nested or a lookalike is found by rule."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offduty.core.id_columns import coded_ids
from offduty.core.ids import MISSING_WORDS, SPACES, clean_id, exact_key, lookalike_key, stripped


@pytest.mark.parametrize("space", list(SPACES), ids=lambda space: f"U+{ord(space):04X}")
def test_white_space_about_an_id_is_nothing(space):
    """Whatever Unicode calls white space, and no-break and zero-width spaces; inside an id it counts."""
    assert clean_id(f"{space}R7{space * 2}") == "R7"
    assert clean_id(f"R{space}7") == f"R{space}7"
    assert clean_id(space * 3) is None
    assert space.isspace() or space in "\u00a0\u200b\ufeff"


@given(st.characters())
def test_nothing_else_is_white_space(character):
    """Every character that Python calls a space is in the list, and no other one but three."""
    assert (character in SPACES) == (character.isspace() or character in "\u00a0\u200b\ufeff")
    assert (stripped(character) == "") == (character in SPACES)


@pytest.mark.parametrize("word", sorted(MISSING_WORDS))
def test_the_words_for_missing_are_a_missing_id(word):
    """Exactly these words, also with white space about them; in another case or inside another text they are ids."""
    assert clean_id(word) is clean_id(f" {word}\u200b") is None
    assert clean_id(f"{word}1") == f"{word}1"
    assert clean_id("Null") == "Null"
    assert clean_id("NA") == "NA"


@pytest.mark.parametrize("text", ["[]", "{}", '["R7"]', '{"id": 7}', " [1, 2] ", '[{"a": []}]'])
def test_a_list_or_an_object_is_no_id(text):
    """It was exported from a nested field."""
    assert clean_id(text) is None


@pytest.mark.parametrize("text", ["[R7", "[R7]", "{R7}", "{", "7", '"R7"', "true", "[" * 100_000])
def test_what_only_looks_like_a_list_is_an_id(text):
    """It begins like JSON, and is none; numbers and words in quotes are no lists."""
    assert clean_id(text) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("R7", "r7"),
        ("1042", "1042.0"),
        ("1042", "0001042"),
        ("042.0", "42"),
        ("straße", "STRASSE"),
        ("Ｒ７", "r7"),  # full width
        ("\u212b", "\u00e5"),  # the sign for ångström
        ("0", "00"),
        ("0", "0.0"),
        ("ﬁ1", "FI1"),
        ("\u200e1042", "1042"),  # a mark of direction, as it comes along with a copied id
        ("R\u00ad7", "r7"),  # a soft hyphen
        ("e\u200d\u0301", "\u00e9"),  # it does not keep an accent from its letter
    ],
)
def test_lookalikes_have_one_key(one, other):
    """Equal without what is not shown, after NFKC and case folding, and without a trailing `.0` and zeros in front; exactly they differ."""
    assert lookalike_key(one) == lookalike_key(other)
    assert exact_key(one) != exact_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("R7", "R8"), ("R7", "R-7"), ("1042", "1042.00"), ("1042", "10420"), ("R7", "R07"), ("4.05", "4.5"), ("é", "e")],
)
def test_other_ids_are_no_lookalikes(one, other):
    """Only one `.0`, only zeros in front, and letters keep their accents."""
    assert lookalike_key(one) != lookalike_key(other)


def test_a_column_of_ids():
    """Each row has the code of its id, sorted; what is missing or nested has -1."""
    column = coded_ids(pa.array(["b", " a ", None, "NULL", '["a"]', "a", "B", ""]))
    assert column.texts == ["B", "a", "b"]
    assert column.codes.tolist() == [2, 1, -1, -1, -1, 1, 0, -1]
    assert column.missing.tolist() == [False, False, True, True, True, False, False, True]
    assert column.numbers == {"B": 0, "a": 1, "b": 2}
    assert column.onto({"a": 7, "c": 9}).tolist() == [-1, 7, -1, -1, -1, 7, -1, -1]
    keys: dict[str, int] = {}
    assert column.keys(lookalike_key, keys).tolist() == [0, 1, -1, -1, -1, 1, 0, -1]
    assert keys == {"b": 0, "a": 1}
    assert column.keys(exact_key, {}).tolist() == [2, 1, -1, -1, -1, 1, 0, -1]


def test_a_column_without_rows():
    """It has no ids."""
    column = coded_ids(pa.array([], pa.string()))
    assert (column.codes.tolist(), column.texts) == ([], [])
    assert column.keys(lookalike_key, {}).tolist() == []
