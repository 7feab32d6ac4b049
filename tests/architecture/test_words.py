"""GLOSSARY.md and the code use the same words: names of modules, classes, functions and columns are compared with it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import offduty
from offduty.config.contracts import TABLES, contract
from offduty.outputs import ledger, quarantine, release
from tests.paths import ROOT

PACKAGE = Path(offduty.__file__).parent
GLOSSARY = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
PLAIN = Path(__file__).with_name("plain_words.txt")
"""Words of every programmer, which need no line in the glossary; one a line, sorted."""


def words_of(name: str) -> list[str]:
    """The words of a name, in small letters.

    >>> words_of("DuckDBSession"), words_of("read_geometry")
    (['duck', 'db', 'session'], ['read', 'geometry'])
    """
    return [part.lower() for part in re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+", name)]


def names(*kinds: type[ast.AST]) -> Iterator[tuple[str, str]]:
    """The names of definitions of some kinds, each with its module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, kinds):
                yield path.relative_to(PACKAGE).as_posix(), node.name  # type: ignore[attr-defined]


def modules() -> set[str]:
    """The names of folders and modules."""
    return {part for path in PACKAGE.rglob("*.py") for part in path.relative_to(PACKAGE).with_suffix("").parts}


def avoided() -> set[str]:
    """The words that the glossary replaces by others."""
    table = GLOSSARY.split("## Words that are not used")[1]
    return {word for row in re.findall(r"^\| (.+?) \|", table, re.MULTILINE) for word in re.findall(r"[a-z]+", row)} - {
        "instead",
        "of",
    }


def columns() -> set[str]:
    """Every column of what is read and written."""
    written = (release.SCHEMA, ledger.SCHEMA, quarantine.SCHEMA)
    return {column.name for table in TABLES for column in contract(table).columns} | {
        name for schema in written for name in schema.names
    }


def known() -> set[str]:
    """Words of the glossary, singular or plural."""
    found = set(re.findall(r"[a-z]+", GLOSSARY.split("## Words that are not used")[0].lower()))
    return found | {f"{word}s" for word in found} | {word.removesuffix("s") for word in found}


def test_a_word_that_is_replaced_names_nothing():
    """No module, class or function has one of them in its name."""
    defined = [*names(ast.ClassDef, ast.FunctionDef), *((name, name) for name in modules())]
    assert [(where, name) for where, name in defined if avoided() & set(words_of(name))] == []


def test_every_column_is_in_the_glossary():
    """By its very name."""
    assert {name for name in columns() if f"`{name}`" not in GLOSSARY} == set()


def test_every_word_of_a_class_or_a_module_is_known():
    """It stands in the glossary, or is a plain word of the trade; and the list of those has no word too many."""
    used = {word for _, name in names(ast.ClassDef) for word in words_of(name)}
    used |= {word for name in modules() for word in words_of(name)}
    plain = PLAIN.read_text(encoding="utf-8").split()
    assert plain == sorted(set(plain))
    assert used - known() - set(plain) == set()
    assert set(plain) - (used - known()) == set()
