"""What an entry of kind analysis must look like: who asked what of which runs and tables, and hashes of the answer.

It has no id and no result. The answer about one officer is named by a keyed hash alone: a plain one could be tried out,
officer by officer, by whoever holds the same tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, FailFast, Field

from offduty.verify.manifest_declarations import Declarations
from offduty.verify.manifest_parts import (
    MOST_KEYS,
    Hex32,
    Hex64,
    Instant,
    ManifestPart,
    OneLine,
    Version,
    Whole,
    is_printable,
)

AnalysisName = Literal["roster-audit", "presence", "site-days", "interests", "compare", "consult"]
AnswerName = Annotated[str, Field(pattern="^([a-z-]{1,60}[.](csv|json|html|parquet)|SHA256SUMS)$")]
ParameterName = Annotated[str, Field(pattern="^[a-z_]{1,40}$")]
Parameter = Annotated[str, Field(max_length=200), AfterValidator(is_printable)]

HEX = re.compile("[0-9a-f]+")

MADE_UP_TABLE, LIFTS_TABLE = "comparison-made-up.csv", "comparison-lifts.csv"
_COMPARED = ["comparison-reasons.csv", "comparison.csv", "comparison.json"]
ABOUT_POLICIES = {
    "compare": (_COMPARED, [MADE_UP_TABLE, *_COMPARED], [LIFTS_TABLE, MADE_UP_TABLE, *_COMPARED]),
    "consult": (["SHA256SUMS", "pack.html", "pack.json", "worker-sheet.html"],),
}
"""What is about policies and about nobody: no terms are agreed on for it. Its outputs are always one of these lists; a
comparison of a made-up force has a table of what each release confirms, and perhaps one of the red team's lifts.
"""
_AUDITED = ["roster-audit.html", "roster-audit.json", "roster-edits.csv"]
_AUDIT_TABLES = [f"roster-audit-{name}.csv" for name in ("lead-times", "people", "recorders", "signals", "weeks")]
_PRESENCE = ["presence-sites.csv", "presence-weeks.csv", "presence.html", "presence.json"]
_SITE_DAYS = ["site-days-units.csv", "site-days.html", "site-days.json"]
ABOUT_STAFF = {
    "roster-audit": ([*_AUDIT_TABLES, *_AUDITED], _AUDITED, _AUDITED[1:]),
    "presence": (_PRESENCE, [name for name in _PRESENCE if name != "presence.html"]),
    "site-days": (_SITE_DAYS, [name for name in _SITE_DAYS if name != "site-days.html"]),
    "interests": (["interests-rules.csv", "interests.html", "interests.json"],),
}
"""The outputs of an answer for everybody about staff: always one of these lists, so that no other table passes for one
that was agreed on. The first is what is made today; the others are of before there were pages, or tables of an audit.
"""
PARAMETERS_ABOUT_POLICIES = {
    "compare": ({"one": 32, "other": 32},),
    "consult": ({"policy_file": 64}, {"policy_file": 64, "other_policy": 64}),
}
"""The parameters of these questions: hashes of so many digits, and nothing that could name anybody."""


class ReadTable(ManifestPart):
    """A file of a table that an analysis read, by its hash; a name could hold an id."""

    table: Literal["roster", "people", "sites", "units", "register"]
    sha256: Hex64
    bytes: Whole


class AnswerFile(ManifestPart):
    """A file of an answer for everybody."""

    name: AnswerName
    sha256: Hex64
    bytes: Whole


class AnalysisVersions(ManifestPart):
    """The version that an analysis was made with."""

    offduty: Version


class AnalysisManifest(ManifestPart):
    """An analysis: a question of the employer's that was answered. Nothing of the answer is in it, and nobody's id."""

    kind: Literal["analysis"]
    recorded_at: Instant = Field(description="When it was asked.")
    analysis: AnalysisName
    answer: Literal["aggregate", "own_copy", "single_case"] = Field(
        description="For everybody; about one officer, for that officer; about one officer, for somebody else."
    )
    role: OneLine = Field(description="Who asked, as one of the recipients in the policy; empty for an own copy.")
    because: OneLine = Field(description="The reason that was given; a single case has one. It names no person.")
    parameters: Annotated[dict[ParameterName, Parameter], Field(max_length=MOST_KEYS)] = Field(
        description="What was asked, without whom."
    )
    runs: Annotated[list[Hex32], FailFast()] = Field(
        description="The runs whose release was read, in order; of `compare` the runs or trials whose ledgers were, of"
        " `consult` the runs whose figures are in the pack."
    )
    tables: Annotated[list[ReadTable], FailFast()] = Field(description="The files of tables that were read.")
    declarations: Declarations = Field(
        default_factory=Declarations,
        description="How the roster and the sites are written, as the job of --inputs declares it.",
    )
    policy_sha256: Hex64 = Field(description="The policy in which the analysis was agreed on.")
    pseudonym: Hex32 | Literal[""] = Field(description="Fingerprint of the pseudonym key; empty where none was used.")
    rules_sha256: Hex64 = Field(description="The rules that decided, and so the error card.")
    outputs: Annotated[list[AnswerFile], FailFast()] = Field(description="The files of an answer for everybody.")
    keyed_sha256: Hex64 | Literal[""] = Field(
        description="HMAC of an answer about one officer, with that officer's id before it, where there is a key."
    )
    about: Hex64 | Literal[""] = Field(
        description="Of an answer about one officer: an HMAC by which the officer's next own copy finds it; empty of"
        " others, and where no key was used."
    )
    versions: AnalysisVersions

    def contradictions(self) -> Iterator[str]:
        """What is wrong between the parts, each of which is valid by itself."""
        everybody = self.answer == "aggregate"
        listed = [part.name for part in self.outputs]
        if everybody is not bool(self.outputs) or (everybody and self.keyed_sha256):
            yield "it names the answer otherwise than its kind of answer is named"
        if self.answer == "single_case" and not (self.because.strip() and self.role.strip()):
            yield "a single case has no reason, or nobody who asked"
        own_copy = self.answer == "own_copy" and bool(self.pseudonym)
        if (own_copy or self.answer == "single_case") is not bool(self.about):
            yield "it hides from the officer that it was made, or names an officer where it is about none"
        if bool(self.keyed_sha256) and not self.pseudonym:
            yield "it has a keyed hash and no key"
        if listed != sorted(set(listed)):
            yield "outputs are not in order, or one is there twice"
        about_staff = ABOUT_STAFF.get(self.analysis)
        if everybody and about_staff is not None and listed not in about_staff:
            yield "its outputs are not the files that such an answer has: one has another name, or is not there"
        names = ABOUT_POLICIES.get(self.analysis)
        if names is not None and (listed not in names or self.tables or self.pseudonym):
            yield "it is about policies alone, and names a table, a key or an answer of another kind"
        if names is not None and (self.role or self.declarations != Declarations() or not self._asks_of_policies()):
            yield "it is about policies alone, and says who asked, how a table is written, or asks something else"

    def _asks_of_policies(self) -> bool:
        digits = {name: len(value) for name, value in self.parameters.items() if HEX.fullmatch(value)}
        return len(digits) == len(self.parameters) and digits in PARAMETERS_ABOUT_POLICIES[self.analysis]
