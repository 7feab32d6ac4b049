"""What has changed since a run: the reasons to run it again (specification#already-there)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from offduty.config.policy import BESIDE_THE_RULES, deciding_sha256
from offduty.core.count_words import number_of
from offduty.core.interval import Interval
from offduty.ingest.sources import ENDINGS
from offduty.outputs.manifest import RunQuestion, interval_document
from offduty.transparency.log import LogEntry

TABLES = frozenset(ENDINGS)


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was at the time of a run.

    ``what`` is a table of the inputs, or ``policy``, ``keys``, ``version``, ``question``, ``declarations``,
    ``open_windows``, ``after_as_of``. ``how`` is ``new``, ``changed`` or ``gone``; of open windows, and of rows after
    ``as_of``, their number; of a table whose files are the same ``known``: rows of it are known now that were not.
    ``name`` is the file, the key of the policy, or the kind of key.
    """

    what: str
    how: str
    name: str = ""

    @property
    def words(self) -> str:
        """The change in words."""
        if self.what == "open_windows":
            return number_of(int(self.how), "duty window was open", "duty windows were open")
        if self.how == "known":
            return f"rows of the {self.what} are known that were not at its as_of"
        if self.what == "after_as_of":
            return number_of(int(self.how), "row of pings was after its as_of", "rows of pings were after its as_of")
        if self.what == "pings" and self.how == "gone":
            return f"{self.name} is gone, or can hold no row for it any more"
        if self.what in TABLES:
            return f"{self.name} {'has changed' if self.how == 'changed' else 'is ' + self.how}"
        return f"{' '.join([self.what, self.name]).strip()} has changed"


@dataclass(frozen=True)
class Known:
    """What the answer to a question depends on: the SHA-256 of each input file, by table and name; the digests of the
    reference rows that could touch the run, by table, instead of their files, and of all that were known (``whole``);
    the policy, the fingerprints of the keys, and the version of offduty. ``question`` is the hash over all of it.
    """

    inputs: Mapping[tuple[str, str], str]
    touching: Mapping[str, str]
    policy: Mapping[str, Any]
    keys: Mapping[str, str]
    version: str
    question: str
    declarations: Mapping[str, Any]
    whole: Mapping[str, str]

    @classmethod
    def of_manifest(cls, document: Mapping[str, Any]) -> Known:
        """What a run knew, by its manifest."""
        inputs = {(given["table"], given["name"]): given["sha256"] for given in document["inputs"]}
        version = document.get("versions", {}).get("offduty", "")
        return cls(
            inputs,
            {table: found["touching"] for table, found in document.get("references", {}).items()},
            document["policy"],
            document["keys"],
            version,
            document["question"],
            document.get("declarations", {}),
            {table: found["digest"] for table, found in document.get("references", {}).items()},
        )

    @classmethod
    def of_question(cls, question: RunQuestion) -> Known:
        """What a run would know now, by its question."""
        inputs = {(source.table, source.name): taken.sha256 for source, taken in question.sources}
        scope = question.scope()
        return cls(
            inputs,
            {table: found.touching for table, found in question.references.items()},
            question.policy.as_document(),
            scope["keys"],
            scope["version"],
            question.without_as_of(),
            scope["declarations"],
            {table: found.digest for table, found in question.references.items()},
        )


def newest_over(entries: Iterable[LogEntry], interval: Interval) -> dict[str, Any]:
    """The manifest of the newest run over exactly this interval; an empty mapping where there is none."""
    asked = interval_document(interval)
    over = [entry.document for entry in entries if entry.is_run and entry.document["interval"] == asked]
    return over[-1] if over else {}


def changes_since(document: Mapping[str, Any], now: Known) -> tuple[Change, ...]:
    """Why the run of a manifest does not answer the question as of now; empty where it does.

    It is empty exactly when a run without ``as_of`` would answer "already there" (specification#already-there).
    """
    then = Known.of_manifest(document)
    found = [*_inputs(then, now), *_rules(then, now)]
    if not found and then.question != now.question:
        found.append(Change("question", "changed"))
    if document["open_windows"]:
        found.append(Change("open_windows", str(document["open_windows"])))
    if document.get("after_as_of"):
        found.append(Change("after_as_of", str(document["after_as_of"])))
    return tuple(found)


def _inputs(then: Known, now: Known) -> Iterator[Change]:
    """The files that are new, have changed, or are gone, by table and name, of the tables that are not as they were:
    of pings any file counts, of the others the rows that could touch the run. Where the files of a table are the same,
    and so is all that was known, other positions name other devices: that is no change of the table.
    """
    for table in ENDINGS:
        if table != "pings" and then.touching.get(table) == now.touching.get(table):
            continue
        found = list(_files(then, now, table))
        yield from found
        if not found and table in then.whole and then.whole[table] != now.whole.get(table):
            yield Change(table, "known")


def _files(then: Known, now: Known, table: str) -> Iterator[Change]:
    for (of, name), sha256 in now.inputs.items():
        if of == table and then.inputs.get((table, name)) != sha256:
            yield Change(table, "changed" if (table, name) in then.inputs else "new", name)
    for of, name in then.inputs:
        if of == table and (table, name) not in now.inputs:
            yield Change(table, "gone", name)


def _rules(then: Known, now: Known) -> Iterator[Change]:
    if deciding_sha256(then.policy) != deciding_sha256(now.policy):
        yield from (Change("policy", "changed", key) for key in _changed_keys(then.policy, now.policy) or [""])
    for kind in sorted({*then.keys, *now.keys}):
        if then.keys.get(kind) != now.keys.get(kind):
            yield Change("keys", "changed", kind)
    if then.version != now.version:
        yield Change("version", "changed")
    if then.declarations != now.declarations:
        yield Change("declarations", "changed")


def _changed_keys(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    deciding = [{k: rules[k] for k in rules if k not in BESIDE_THE_RULES} for rules in (then, now)]
    keys = {(section, key) for rules in deciding for section, values in rules.items() for key in values}
    return sorted(f"{s}.{k}" for s, k in keys if then.get(s, {}).get(k) != now.get(s, {}).get(k))
