"""What a manifest must look like before an auditor relies on it: its keys, the types of its values, and safe names.

An auditor reads manifests that somebody may have written to mislead, or to break whoever reads them
(specification#manifest, specification#canonical-json). These models are the auditor's own and share nothing with the
code that writes manifests. `schemas/manifest.schema.json` is their published form (`tools/write_schemas.py`).

No finding repeats a value or a key that the format does not know: either may be a person, a position, or bytes for a
terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from offduty.verify.manifest_admin import AgreementManifest, ExpiryManifest, RotationManifest
from offduty.verify.manifest_analysis import AnalysisManifest
from offduty.verify.manifest_parts import ManifestPart
from offduty.verify.manifest_run import RUNS, TRIAL, DecidedManifest, RunManifest, TrialManifest

Manifest = Annotated[
    RunManifest | TrialManifest | ExpiryManifest | RotationManifest | AgreementManifest | AnalysisManifest,
    Field(
        discriminator="kind",
        description="What an entry of the log records (docs/how-to/log.md). Only strings, integers, booleans, lists and"
        " objects; no position, no person, no absolute path.",
    ),
]
MODELS: Mapping[str, type[ManifestPart]] = {
    **dict.fromkeys(RUNS, RunManifest),
    TRIAL: TrialManifest,
    "expiry": ExpiryManifest,
    "rotation": RotationManifest,
    "agreement": AgreementManifest,
    "analysis": AnalysisManifest,
}


def faults_of(document: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a manifest, in words that follow "entry 3"; nothing for a kind that is not known.

    A finding names a key of the format, such as ``policy.legs``, and never a value.
    """
    if _has_fraction(document):
        yield "has a number with a fraction: numbers are whole, or text"
    kind = document.get("kind")
    if not isinstance(kind, str):
        yield "does not say what kind it is"
    elif kind in MODELS:
        yield from (f"is not a valid manifest of its kind: {what}" for what in _wrong(MODELS[kind], document))


def published_schema() -> dict[str, Any]:
    """The JSON Schema of all kinds of manifests."""
    return TypeAdapter(Manifest).json_schema()


def _wrong(model: type[ManifestPart], document: Mapping[str, Any]) -> list[str]:
    try:
        manifest = model.model_validate(document)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        return list(dict.fromkeys(_in_words(detail["loc"], detail["type"]) for detail in details))
    if isinstance(manifest, DecidedManifest | ExpiryManifest | AgreementManifest | AnalysisManifest):
        return list(manifest.contradictions())
    return []


def _in_words(place: tuple[int | str, ...], kind: str) -> str:
    """One error of pydantic: the path as far as it is made of keys of the format, without the numbers of a list."""
    known: list[str] = []
    for step in place:
        if isinstance(step, str):
            if step not in KEYS:
                break
            known.append(step)
    key = ".".join(known)
    if kind == "extra_forbidden":
        return f"{key or 'it'} has a key that the format does not have"
    return f"{key} is missing" if kind == "missing" else f"{key or 'it'} is not what it must be"


def _keys_of(model: type[BaseModel]) -> Iterator[str]:
    return (field.alias or name for name, field in model.model_fields.items())


def _models(below: type[ManifestPart]) -> Iterator[type[ManifestPart]]:
    for model in below.__subclasses__():
        yield model
        yield from _models(model)


KEYS = frozenset(key for model in _models(ManifestPart) for key in _keys_of(model))
"""Every key that some part of a manifest has."""


def _has_fraction(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_fraction, value.values()))
    return any(map(_has_fraction, value)) if isinstance(value, list) else isinstance(value, float)
