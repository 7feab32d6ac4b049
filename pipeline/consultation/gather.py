"""Gathers what the pack says: from the log of a store, two policies, error cards and the attacks that were measured.

No release, no ping, no place and no quarantine is opened (rule A1); of a ledger only the comparison with another one.
Every figure carries the run, or the seed, that it is from.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from offduty.admin.log_analysis import AGGREGATE, PACK, AskedAnalysis, is_of_pack
from offduty.analyses.error_cards import DECIDING, error_card, rules_sha256
from offduty.analyses.policy_comparison import PolicyComparison, RecordedLedger, compare_policies
from offduty.config.policy import Policy
from offduty.core.data_folders import data_folder
from offduty.core.disclosure import count_in_words, printable
from offduty.core.errors import UsageError
from offduty.core.reasons import Reason
from offduty.report.html.policy_text import PolicySentence, differences, sentences
from offduty.runs.notes import COUNTED
from offduty.transparency.entries import AGREEMENT, EXPIRY, TRIAL
from offduty.transparency.log import LogEntry, read_store
from offduty.transparency.signed_note import NoteError, read_note

FIRST_RULES, COMPACT = "offduty", ("home", "station", "round", "beat", "posts")
"""In these worlds the rows of this mask are of the rules of version 1, on which the attacks are calibrated."""
NO_CLAIM = "no claim"
"""The rows of the attacks that are about the release as it is by default."""
CROSSED = "CROSSED"
Document = Mapping[str, Any]


@dataclass(frozen=True)
class SignedPolicy:
    """A policy as it was read: its rules, the hash of its file, and the name of that."""

    rules: Policy
    file_sha256: str
    name: str

    @classmethod
    def load(cls, path: Path) -> SignedPolicy:
        """Read the policy; raises as `Policy.load` does."""
        rules, file_sha256 = Policy.load_signed(path)
        return cls(rules, file_sha256, path.name)


@dataclass(frozen=True)
class Pack:
    """What the pack is made of. ``what_if`` is None where no other policy is asked about, or where it was not tried.

    ``entries`` are those of the log but for packs: so a pack that is made again has the same bytes, although the log
    says by then that it was made.
    """

    policy: SignedPolicy
    other: SignedPolicy | None
    entries: Sequence[LogEntry]
    what_if: PolicyComparison | None

    @classmethod
    def of(cls, store: Path, policy: Path, other: Path | None) -> Pack:
        """Gather it; raises `UsageError` or `StorageError` where the store or a policy cannot be read."""
        mine, theirs = SignedPolicy.load(policy), None if other is None else SignedPolicy.load(other)
        entries = [entry for entry in read_store(store) if not is_of_pack(entry)]
        if not entries:
            raise UsageError("the store's log has nothing that a pack could be about")
        what_if = None if theirs is None else _what_if(store, entries, mine.rules, theirs.rules)
        return cls(mine, theirs, tuple(entries), what_if)

    @property
    def asked(self) -> AskedAnalysis:
        """What an entry of the log says of it: the policies, by their hashes, and the runs whose figures it has."""
        names = {"policy_file": self.policy.file_sha256}
        if self.other is not None:
            names["other_policy"] = self.other.rules.sha256
        return AskedAnalysis(
            analysis=PACK,
            answer=AGGREGATE,
            role="",
            because="",
            parameters=names,
            tables=(),
            policy_sha256=self.policy.rules.sha256,
            rules_sha256=rules_sha256(PACK),
            runs=[str(run.document["run_id"]) for run in self.runs],
        )

    @property
    def runs(self) -> list[LogEntry]:
        """The runs, in the order of the log."""
        return [entry for entry in self.entries if entry.is_run]

    @property
    def newest(self) -> Document:
        """The manifest of the newest run under this policy, or else of the newest run; empty where there is none."""
        mine = [run for run in self.runs if run.document["policy_sha256"] == self.policy.rules.sha256]
        chosen = mine or self.runs
        return chosen[-1].document if chosen else {}

    def of_kind(self, kind: str) -> list[LogEntry]:
        """The entries of a kind."""
        return [entry for entry in self.entries if entry.kind == kind]

    @property
    def agreements(self) -> list[LogEntry]:
        """Those that are no exceptions."""
        return [entry for entry in self.of_kind(AGREEMENT) if not entry.document["until"]]

    @property
    def exceptions(self) -> list[LogEntry]:
        """Policies that were put in force without an agreement."""
        return [entry for entry in self.of_kind(AGREEMENT) if entry.document["until"]]

    def since_agreement(self, kind: str) -> list[LogEntry]:
        """The entries of a kind after the newest agreement; all where there is none."""
        last = self.agreements[-1].number if self.agreements else -1
        return [entry for entry in self.of_kind(kind) if entry.number > last]


def figures_of(run: LogEntry) -> list[str]:
    """One run as a row: entry, run, policy, from, to, released, hidden, late edits, unreadable. Counts are in tens."""
    document, counts = run.document, run.document["counts"]
    released = counts[Reason.ON_DUTY.word]
    hidden = sum(counts.values()) - released
    numbers = [released, hidden, counts[Reason.LATE_EDIT.word], sum(document["quarantined"].values())]
    interval = document["interval"]
    names = [str(run.number), document["run_id"][:12], document["policy_sha256"][:12]]
    times = [interval["from"] or "the beginning", interval["to"] or "the end"]
    return [*names, *times, *(count_in_words(printable(number)) for number in numbers)]


def gaps_of(document: Document) -> Iterator[tuple[str, str]]:
    """What is incomplete in the tables of a run: how many, as its manifest has it, and what."""
    for table, found in document.get("reported_counts", {}).items():
        for what, count in found.items():
            yield f"{count} {COUNTED.get((table, what), what)}", table


def weaker(policy: Document) -> list[PolicySentence]:
    """The sentences of a policy that weaken the protection."""
    return [sentence for sentence in sentences(policy) if sentence.weakens]


def changes_since(pack: Pack) -> list[tuple[str, str]] | None:
    """The sentences that changed since the policy that was agreed on last: the old one and the new one.

    None where nothing was agreed on, or where no run and no trial of the log has that policy.
    """
    if not pack.agreements:
        return None
    agreed = pack.agreements[-1].document["policy_sha256"]
    now = pack.policy.rules.as_document()
    if agreed == pack.policy.rules.sha256:
        return []
    known = (e.document["policy"] for e in pack.entries if e.names_files and e.document["policy_sha256"] == agreed)
    old = next(known, None)
    return None if old is None else differences(old, now)


def signers_of(document: Document) -> str:
    """Who signed an agreement, by the names in its note."""
    try:
        names = dict.fromkeys(signature.name for signature in read_note(document["note"].encode()).signatures)
    except NoteError:
        return "a note that cannot be read"
    return ", ".join(names)


def looked(pack: Pack) -> list[list[str]]:
    """Who asked what since the newest agreement: entry, time, question, role and reason, as the log has them."""
    keys = ("recorded_at", "analysis", "role", "because")
    return [
        [str(entry.number), *(str(entry.document.get(key, "")) for key in keys)]
        for entry in pack.since_agreement("analysis")
    ]


def tried(pack: Pack) -> list[list[str]]:
    """The policies that were tried out: entry, trial, policy, from, to, and why it was allowed."""
    rows = []
    for entry in pack.of_kind(TRIAL):
        document, interval = entry.document, entry.document["interval"]
        about = {"made_up": "a made-up force", "many": "100 officers and 28 days, or more"}[document["about"]]
        times = [interval["from"] or "the beginning", interval["to"] or "the end"]
        rows.append([str(entry.number), document["run_id"][:12], document["policy_sha256"][:12], *times, about])
    return rows


def deletions(pack: Pack) -> list[list[str]]:
    """What was deleted: entry, time, what is older than, how many files, and the reason that was given."""
    rows = []
    for entry in pack.of_kind(EXPIRY):
        document = entry.document
        because = "another run took its place" if document.get("superseded_by") else document["why"]
        rows.append(
            [str(entry.number), document["recorded_at"], document["before"], f"{len(document['files'])}", because]
        )
    return rows


@dataclass(frozen=True)
class AgreedAnalysis:
    """An analysis that the policy names: its terms, what it asks and cannot say (in its own words), and its card."""

    name: str
    terms: Mapping[str, Any]
    says: str
    card: Mapping[str, Any]


def analyses_of(policy: Policy) -> list[AgreedAnalysis]:
    """The analyses that a policy names. One without a card for the rules as they are has an empty one."""
    found = []
    for name, terms in policy.as_document().get("analyses", {}).items():
        found.append(AgreedAnalysis(name.replace("_", "-"), terms, _says(name), _card(name.replace("_", "-"))))
    return found


def _says(name: str) -> str:
    """The first paragraphs of the module that decides: question, states of the answer, and what it cannot say."""
    try:
        text = import_module(f"offduty.analyses.{name}").__doc__ or ""
    except ImportError:
        return ""
    return " ".join(text.replace("*", "").split())


def _card(name: str) -> Mapping[str, Any]:
    try:
        return error_card(name) if name in DECIDING else {}
    except UsageError:
        return {}


def attacks_measured() -> tuple[list[list[str]], list[list[str]], list[list[str]]]:
    """The attacks on releases by the rules of version 2: by attack how many lines were measured and how many were
    crossed; each line that was crossed, with its world, policy, seed and figures; and what was found of that about
    which nothing is promised. Empty where the table is not there.
    """
    path = data_folder("docs") / "explanation" / "attacks.csv"
    if not path.is_file():
        return [], [], []
    with path.open(encoding="utf-8", newline="") as file:
        every = [row for row in csv.DictReader(file) if row["line"] and not _by_first_rules(row)]
    rows = [row for row in every if row["verdict"]]
    no_claim = [[row["attack"], row["world"], row["seed"], row["finding"]] for row in every if row["line"] == NO_CLAIM]
    names = list(dict.fromkeys(row["attack"] for row in rows))
    by_attack = []
    for name in names:
        mine = [row for row in rows if row["attack"] == name]
        by_attack.append([name, str(len(mine)), str(sum(map(_is_crossed, mine)))])
    columns = ("attack", "world", "mask", "officers", "duties", "seed", "near", "lift", "auc", "finding", "line")
    return by_attack, [[row[column] for column in columns] for row in rows if _is_crossed(row)], no_claim


def _by_first_rules(row: Mapping[str, str]) -> bool:
    return row["mask"] == FIRST_RULES and row["world"] in COMPACT and not row["attack"].startswith("2 ")


def _is_crossed(row: Mapping[str, str]) -> bool:
    return row["verdict"].startswith(CROSSED)


def runs_of(store: Path, *policies: Path) -> list[str]:
    """The ids of the runs and trials under these policies: those whose ledgers a comparison may need."""
    hashes = {SignedPolicy.load(policy).rules.sha256 for policy in policies}
    entries = (entry for entry in read_store(store) if entry.names_files)
    return [str(entry.document["run_id"]) for entry in entries if entry.document["policy_sha256"] in hashes]


def _what_if(store: Path, entries: Sequence[LogEntry], one: Policy, other: Policy) -> PolicyComparison | None:
    """The newest pair of ledgers under both policies over one interval, as of one instant; None where none is there."""
    mine, theirs = (
        [entry for entry in entries if entry.names_files and entry.document["policy_sha256"] == policy.sha256]
        for policy in (one, other)
    )
    for first in reversed(mine):
        for second in reversed(theirs):
            try:
                folders = (store / "runs" / each.document["run_id"] for each in (first, second))
                return compare_policies(*map(RecordedLedger.in_folder, folders))
            except UsageError:  # over another time, or of other tables
                continue
    return None
