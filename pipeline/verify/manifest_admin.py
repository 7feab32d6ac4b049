"""What the entries of those who keep a store must look like: an expiry, a rotation and an agreement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import FailFast, Field

from offduty.verify.manifest_parts import (
    Hex32,
    Hex64,
    Instant,
    ManifestPart,
    OneLine,
    Texts,
    Version,
    Whole,
)
from offduty.verify.manifest_texts import (
    DayOrEmpty,
    OutputName,
    SealedName,
)

LONGEST_NOTE = 50_000


class Versions(ManifestPart):
    """The versions that an entry was made with."""

    offduty: Version = Field(default_factory=str)
    duckdb: Version = Field(default_factory=str)
    pyarrow: Version = Field(default_factory=str)
    shapely: Version = Field(default_factory=str)
    tzdata: Version = Field(default_factory=str)
    python: Version = Field(default_factory=str)
    geos: Version = Field(default_factory=str)
    proj: Version = Field(default_factory=str)


class ExpiredFile(ManifestPart):
    """A file that expired, as the manifest of its run names it.

    No ledger expires. Only the published schema says so here: `verify` has check 2.1 for it, with a finding in words.
    """

    run_id: Hex32
    name: OutputName | SealedName = Field(json_schema_extra={"not": {"pattern": "^ledger/"}})
    sha256: Hex64
    bytes: Whole


class ExpiryManifest(ManifestPart):
    """An expiry: files of runs that were deleted once this was in the log, because they were old, or because another
    run took their place.
    """

    kind: Literal["expiry"]
    recorded_at: Instant = Field(
        description="When the expiry was decided; the as_of of the run that takes the place of a withdrawn release."
    )
    before: DayOrEmpty = Field(
        description="What is older than this date was deleted; empty where releases were withdrawn for another run."
    )
    superseded_by: Hex32 | Literal[""] = Field(
        default="", description="The run that takes the place of the releases; empty where they were old."
    )
    why: OneLine = Field(description="The reason that was given, in one line; it may be empty, and names no person.")
    versions: Versions
    files: Annotated[list[ExpiredFile], FailFast()]

    def contradictions(self) -> Iterator[str]:
        """What is wrong between the parts, each of which is valid by itself."""
        if bool(self.before) is bool(self.superseded_by):
            yield "it says both or neither of before and superseded_by"


class RotationManifest(ManifestPart):
    """A rotation: another key signs the log from here on."""

    kind: Literal["rotation"]
    recorded_at: Instant = Field(description="When the rotation was decided.")
    old_key: str = Field(description="The public key that signed so far, as a C2SP vkey; empty where it was lost.")
    new_key: str = Field(description="The public key that signs from here on, as a C2SP vkey.")
    new_key_sha256: Hex64 = Field(description="SHA-256 of the 32 bytes of the new public key.")
    lost_old_key: bool = Field(description="Whether the old key was lost, so that the new one alone signed the entry.")
    versions: Versions


class AgreementManifest(ManifestPart):
    """An agreement: representatives signed a policy and the pack about it; or two people an exception until a date."""

    kind: Literal["agreement"]
    recorded_at: Instant = Field(description="When it was put into the log.")
    policy_sha256: Hex64 = Field(description="SHA-256 of the policy as canonical JSON.")
    file_sha256: Hex64 = Field(description="SHA-256 of the bytes of its file.")
    pack_sha256: Hex64 | Literal[""] = Field(description="SHA-256 of the list of the pack's files; empty: no pack.")
    keys: Texts = Field(description="The keys that the policy names, whose owners must sign.")
    emergency_keys: Texts = Field(description="The keys that the policy names for an exception.")
    until: DayOrEmpty = Field(description="The last day of an exception; empty for an agreement.")
    because: OneLine = Field(description="Why an exception was made; it names no person.")
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = Field(
        description="What was signed, with the signatures, as a C2SP signed note."
    )
    versions: Versions

    def contradictions(self) -> Iterator[str]:
        """What is wrong between the parts, each of which is valid by itself."""
        if bool(self.until) is not bool(self.because):
            yield "it says only one of until and because"
