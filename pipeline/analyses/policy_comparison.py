"""Compares how the same rows fared under two policies: which reasons changed into which, and how much was kept.

Question: what would change, before it is agreed? It reads two ledgers and their manifests, joined by file and row, and
no position (specification#trial). States of the answer: a count of ten rows or more, rounded; *fewer than 10*, which
may be none. It cannot say whose rows these are, nor where. A what-if is an attack: what a larger buffer hides lies at
the edge of a place. So small changes are added up, and no margin is counted by itself.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic.fields import FieldInfo

from offduty.analyses.common_rules import NOTICE
from offduty.config.policy import Policy
from offduty.config.toml_reader import section_of
from offduty.core.count_words import number_of
from offduty.core.disclosure import MINIMUM, count_in_words, printable, rounded, share, total
from offduty.core.duckdb_connection import DuckDBConnection, QueryError
from offduty.core.errors import StorageError, UsageError
from offduty.core.reasons import Reason
from offduty.core.recorded_rows import recorded_rows, same_files, unreadable
from offduty.transparency.log import read_store

FEWER_THAN_MINIMUM = f"fewer than {MINIMUM}"
CHANGES = ("was", "became", "rows")
WORDS = tuple(reason.word for reason in Reason)
RELEASED = Reason.ON_DUTY.word
OTHERS = "any other"
SAME = {"interval": "the interval", "as_of": "as_of", "declarations": "how the tables are declared"}
LIMITS = (
    "It cannot say whose rows these are, nor where they were taken: rows are compared by their number. A row that would"
    " be released under one policy and hidden under the other may be one person's, if the changes are few; they are"
    " added up until there are ten."
)
LESS_THAN_FOUR_WEEKS = "not measured: less than four weeks"
LIFTS = "not measured here: name its truth with --truth"
WHOM = "Ask whoever proposes the policy what each key is for, and the representatives before it is agreed on."
JOIN = """
WITH
    one AS (SELECT pair, row, reason FROM one_ledger LEFT JOIN pairs ON pairs.one = one_ledger.file),
    other AS (SELECT pair, row, reason FROM other_ledger LEFT JOIN pairs ON pairs.other = other_ledger.file)
SELECT one.reason AS was, other.reason AS became, count(*) AS rows
FROM one FULL JOIN other ON one.pair = other.pair AND one.row = other.row
GROUP BY ALL
"""


@dataclass(frozen=True)
class RecordedLedger:
    """A run or a trial: its manifest, and the files of its ledger in order."""

    document: Mapping[str, Any]
    files: tuple[Path, ...]

    @classmethod
    def in_folder(cls, folder: Path) -> RecordedLedger:
        """That of a run or a trial by its folder in a store, such as ``work/store/runs/4f2c…``.

        Raises `UsageError` where the store's log does not name it, and `StorageError` where a file of it is missing.
        """
        store = folder.absolute().parent.parent
        named = (entry.document for entry in read_store(store) if entry.names_files)
        document = next((each for each in named if each["run_id"] == folder.name), None)
        if document is None:
            raise UsageError(
                "no entry of the log names this run or trial: give its folder, such as work/store/runs/ and its id",
                file=folder.name,
            )
        names = [output["name"] for output in document["outputs"] if output["name"].startswith("ledger/")]
        if not all((folder / name).is_file() for name in names):
            raise StorageError("a file of its ledger is missing; restore the store from a copy", file=folder.name)
        return cls(document, tuple(folder / name for name in names))


@dataclass(frozen=True)
class PolicyComparison:
    """How the rows of ``one`` fared in ``other``.

    ``exact`` has ``was``, ``became`` and ``rows`` for every pair of reasons that occurs: for auditors, who have both
    ledgers anyway. `table` and `document` are for those who are consulted.
    """

    one: Mapping[str, Any]
    other: Mapping[str, Any]
    exact: pd.DataFrame

    @cached_property
    def table(self) -> pd.DataFrame:
        """The changes that may be shown: ``was``, ``became`` and ``rows`` (a text), the last line for all others.

        Each line is about ten rows or more, in tens; of the last one that may be none of 0 to 9.
        """
        changed = self.exact[self.exact["was"] != self.exact["became"]]
        shown, rest = changed[changed["rows"] >= MINIMUM], int(changed["rows"][changed["rows"] < MINIMUM].sum())
        cells = zip(*(shown[name].tolist() for name in CHANGES), strict=True)
        lines = [(was, became, f"{rounded(rows):,}") for was, became, rows in cells]
        others = f"{rounded(rest):,}" if rest >= MINIMUM else count_in_words(None)
        return pd.DataFrame([*lines, (OTHERS, OTHERS, others)], columns=list(CHANGES))

    @cached_property
    def margins(self) -> pd.DataFrame:
        """By ``reason``: rows in ``one`` as printed, and those in ``other``, which follow from the changes shown; None
        for fewer than ten. No margin of ``other`` is counted by itself: a difference of margins would be exact.
        """
        counts = self.exact.groupby("was")["rows"].sum()
        before = {word: printable(int(counts.get(word, 0))) for word in WORDS}
        moves: dict[str, int] = defaultdict(int)
        for was, became, rows in self.table.iloc[:-1].itertuples(index=False):
            moves[was] -= int(rows.replace(",", ""))
            moves[became] += int(rows.replace(",", ""))
        after = {word: _moved(count, moves[word]) for word, count in before.items()}
        columns = {"reason": WORDS, "one": [before[word] for word in WORDS], "other": [after[word] for word in WORDS]}
        return pd.DataFrame(columns, dtype=object)

    @property
    def reasons(self) -> pd.DataFrame:
        """The `margins` in words, as they are printed."""
        texts = {side: [count_in_words(count) for count in self.margins[side]] for side in ("one", "other")}
        return pd.DataFrame({"reason": WORDS, **texts})

    def document(self) -> dict[str, Any]:
        """What may be shown of it, as a JSON document."""
        margins = self.margins
        kept = {side: _share_released(margins, side) for side in ("one", "other")}
        return {
            "analysis": "compare",
            "one": _named(self.one),
            "other": _named(self.other),
            "keys": list(differing_keys(self.one["policy"], self.other["policy"])),
            "changes": self.table.to_dict("records"),
            "reasons": self.reasons.to_dict("records"),
            "kept": kept,
            "cannot_say": LIMITS,
            "notice": NOTICE,
            "ask": WHOM,
        }


def compare_policies(one: RecordedLedger, other: RecordedLedger) -> PolicyComparison:
    """Compare two ledgers over the same inputs, row by row.

    Raises `UsageError`, which says what differs, where they are not over the same interval, as of the same instant and
    of the same rows of all tables: then not only the policy would differ; and `StorageError` where a ledger cannot be
    read, or the memory is too little.
    """
    _check_same(one.document, other.document)
    pairs = same_files(_pings(one.document), _pings(other.document))
    ledgers = {"one_ledger": recorded_rows(one.files), "other_ledger": recorded_rows(other.files)}
    try:
        with DuckDBConnection.open() as con, con.showing(pairs=pairs, **ledgers):
            found = con.ask(JOIN).to_pylist()
    except QueryError:
        _check_readable([*one.files, *other.files])
        raise
    if any(row["was"] is None or row["became"] is None for row in found):
        raise UsageError("the two did not decide the same rows: their files or their time zones are not the same")
    order = {word: place for place, word in enumerate(WORDS)}
    found.sort(key=lambda row: (order[row["was"]], order[row["became"]]))
    return PolicyComparison(one.document, other.document, pd.DataFrame(found, columns=list(CHANGES)))


def differing_keys(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The keys in which two policies differ: ``key``, the values ``one`` and ``other`` as text, and what it ``says``.

    >>> one = {"legs": {"hold_s": 900}}
    >>> [each["key"] for each in differing_keys(one, {"legs": {"hold_s": 0}})]
    ['legs.hold_s']
    """
    says = dict(_descriptions())
    before, after = dict(_flat(one)), dict(_flat(other))
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            values = {"one": before.get(key, "not there"), "other": after.get(key, "not there")}
            yield {"key": key, **values, "says": says.get(key, "")}


def comparison_text(document: Mapping[str, Any]) -> list[str]:
    """The comparison as lines for people."""
    one, other = document["one"], document["other"]
    lines = [
        "Two policies over the same positions",
        f"  one:   {one['policy']}, {one['kind']} {one['id']}",
        f"  other: {other['policy']}, {other['kind']} {other['id']}",
        "",
        "What differs in the policies:" if document["keys"] else "The policies do not differ.",
    ]
    for key in document["keys"]:
        lines += [f"  {key['key']}: {key['one']} in the one, {key['other']} in the other. {key['says']}"]
    lines += ["", "What that changes (rows, in tens):"]
    lines += [f"  {each['rows']:>14}  {each['was']} -> {each['became']}" for each in document["changes"]]
    lines += ["", "Rows by reason:", f"  {'one':>14}  {'other':>14}"]
    lines += [f"  {each['one']:>14}  {each['other']:>14}  {each['reason']}" for each in document["reasons"]]
    kept = document["kept"]
    lines += ["", f"Released: {kept['one']} under the one, {kept['other']} under the other."]
    lines += _made_up_lines(document["made_up"]) if "made_up" in document else []
    lines += _lift_lines(document["lifts"]) if "lifts" in document else []
    lines += [f"  homes that are given away: {LIFTS}"] if "made_up" in document and "lifts" not in document else []
    return [*lines, "", document["cannot_say"], document["notice"], document["ask"]]


def _made_up_lines(found: Mapping[str, Mapping[str, int | None]]) -> list[str]:
    """What each release of a made-up force confirms.

    >>> one = {"windows": 9, "windows_confirmed": 8, "days": None, "days_confirmed": None}
    >>> for line in _made_up_lines({"one": one, "other": {**one, "windows_confirmed": 6}})[2:4]: print(line)
      duty windows confirmed: 8 of 9 under the one, 6 of 9 under the other
      days on site confirmed: not measured: less than four weeks
    """
    lines = []
    for name, what in (("windows", "duty windows"), ("days", "days on site")):
        sides = [(found[side][f"{name}_confirmed"], found[side][name]) for side in ("one", "other")]
        texts = [f"{part:,} of {whole:,}" for part, whole in sides if part is not None and whole is not None]
        said = "{} under the one, {} under the other".format(*texts) if len(texts) == 2 else LESS_THAN_FOUR_WEEKS
        lines.append(f"  {what} confirmed: {said}")
    return ["", "Of this made-up force:", *lines]


def _lift_lines(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """How far each release gives homes away: hits within 200 m over those of a blind guess.

    >>> attack = {"found": 1, "lift": 1.9, "low": 0.05, "high": 10.45}
    >>> of = {"officers": 30, "duties": 3, "every_s": 120, "blind": 0.0175, "attacks": {"1 rim": attack}}
    >>> small = {**of, "officers": 1, "duties": 1, "attacks": {}}
    >>> for line in _lift_lines({"one": of, "other": small})[1:4]: print(line)
                            one                     other
        1 rim               1.90 (0.05-10.45)       -
      one: 30 officers, 3 duties, a fix every 120 s; other: 1 officer, 1 duty, a fix every 120 s
    """
    one, other = found["one"], found["other"]
    names = dict.fromkeys((*one["attacks"], *other["attacks"]))
    rows = [(name, *(_lift_text(side["attacks"].get(name)) for side in (one, other))) for name in names]
    lines = [f"    {name:<20}{first:<24}{second}" for name, first, second in (("", "one", "other"), *rows)]
    worlds = [
        f"{number_of(each['officers'], 'officer')}, {number_of(each['duties'], 'duty', 'duties')},"
        f" a fix every {each['every_s']} s"
        for each in (one, other)
    ]
    return [
        f"  homes found within 200 m, over a blind guess ({100 * one['blind']:.2f} %), with 95 % interval (lift):",
        *lines,
        f"  one: {worlds[0]}; other: {worlds[1]}",
        "  nothing is drawn at random; with few officers an interval is wide, and proves little (offduty docs attacks)",
    ]


def _lift_text(attack: Mapping[str, float] | None) -> str:
    return "-" if attack is None else f"{attack['lift']:.2f} ({attack['low']:.2f}-{attack['high']:.2f})"


def _check_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    wrong = [words for key, words in SAME.items() if one.get(key) != other.get(key)]
    known = [{table: read["digest"] for table, read in doc.get("references", {}).items()} for doc in (one, other)]
    wrong += [f"what was known of the {table}" for table in sorted({*known[0], *known[1]}) if _differs(known, table)]
    if wrong:
        raise UsageError(
            f"the two cannot be compared: {', '.join(wrong)} differ. Try the policy out over the interval of the run,"
            " with its --as-of, from the tables that it read"
        )


def _differs(known: Sequence[Mapping[str, str]], table: str) -> bool:
    return known[0].get(table) != known[1].get(table)


def _pings(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The files of pings that a run or trial read."""
    return (given for given in document["inputs"] if given["table"] == "pings")


def _check_readable(files: Sequence[Path]) -> None:
    """Raise `StorageError` for a file of a ledger that cannot be read, with the run or trial that it is of."""
    damaged = unreadable(files)
    if damaged is not None:
        name = damaged.relative_to(damaged.parents[2]).as_posix()
        raise StorageError("a ledger cannot be read: run offduty verify", file=name) from None


def _moved(count: int | None, by: int) -> int | None:
    """A printed count after printed moves; one that is not printed counts as nothing, and stays so where none came."""
    if count is None:
        return by if by >= MINIMUM else None
    return max(count + by, 0)


def _share_released(margins: pd.DataFrame, side: str) -> str:
    """The share of rows that are released, of what is printed."""
    counts = dict(zip(margins["reason"], margins[side], strict=True))
    return share(counts[RELEASED], total(counts.values())) or count_in_words(counts[RELEASED])


def _named(document: Mapping[str, Any]) -> dict[str, str]:
    return {
        "kind": document["kind"],
        "id": document["run_id"],
        "policy": document["policy"]["policy"]["name"],
        "policy_sha256": document["policy_sha256"],
        "from": document["interval"]["from"],
        "to": document["interval"]["to"],
        "as_of": document["as_of"],
    }


def _flat(policy: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in policy.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _descriptions(fields: Mapping[str, FieldInfo] = Policy.model_fields, above: str = "") -> Iterator[tuple[str, str]]:
    for name, field in fields.items():
        section = section_of(field)
        if section is not None:
            yield from _descriptions(section.model_fields, f"{above}{name}.")
        else:
            yield f"{above}{name}", field.description or ""
