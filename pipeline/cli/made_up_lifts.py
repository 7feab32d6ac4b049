"""How far two releases of a made-up force give homes away: the red team's lifts, for `offduty compare --truth`.

`made_up_force` must have refused everybody else before: with the toy keys and the truth beside them, these are people
whom `offduty synth` made up. A trial is refused there as well, because lifts need positions and a trial has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from offduty.analyses.roster_files import declared_of
from offduty.cli.answer_files import rows_bytes
from offduty.config.job import Job
from offduty.config.job_paths import JobInputs
from offduty.config.key_files import load_pseudonym_key
from offduty.core.errors import UsageError
from offduty.core.lazy_imports import when_used
from offduty.core.locations import Location
from offduty.store.open_store import local_copy

if TYPE_CHECKING:
    from offduty.redteam import ground_truth, home_lifts, metrics, truth_tables
else:
    ground_truth = when_used("offduty.redteam.ground_truth")
    home_lifts = when_used("offduty.redteam.home_lifts")
    metrics = when_used("offduty.redteam.metrics")
    truth_tables = when_used("offduty.redteam.truth_tables")

Document = Mapping[str, Any]
NEAR_DEGREES = 0.01
"""About a kilometre, which no fence of a home is wide; a made-up county is a hundred times as large."""
TRUTH_FILES = ("homes.csv", "density.csv")


@dataclass(frozen=True)
class ReleaseLifts:
    """What the red team found in one release: of so many ``officers`` with so many linked ``duties`` and a fix every
    ``every_s`` seconds, by attack how many homes it ``found`` within 200 m, and the ``lift`` of that over a blind
    guess, which finds the share ``blind``, with its 95 % interval from ``low`` to ``high``.
    """

    officers: int
    duties: int
    every_s: int
    blind: float
    attacks: Mapping[str, Mapping[str, float]]


def check_truth(truth: Path, job: Path | None) -> None:
    """Raise `UsageError` where lifts cannot be measured, before anything is read."""
    if job is None:
        raise UsageError("--truth is the truth about a made-up force: name its job with --inputs as well")
    lacking = [name for name in TRUTH_FILES if not (truth / name).is_file()]
    if lacking:
        raise UsageError(
            f"the folder of the truth has no {' and no '.join(lacking)}: lifts are measured on a made-up force alone,"
            " with the truth that offduty synth --truth writes beside it"
        )
    if not metrics.extra_installed():
        raise UsageError("lifts need SciPy and scikit-learn: pip install 'offduty[attack]'")


def made_up_lifts(job: Path, truth: Path, sides: Sequence[tuple[Location, Document]]) -> dict[str, dict[str, Any]]:
    """What the red team finds in the releases of two runs, each by its store and its manifest, as ``one`` and
    ``other``. Their force is made up, as `made_up_force` found.

    Raises `UsageError` where the truth is about other positions than those that the runs read: lifts would be none.
    Raises `InputError` where nothing was released, or the truth is about other people.
    """
    inputs = Job.of(job).inputs
    sent = [given for _, document in sides for given in document["inputs"] if given["table"] == "pings"]
    if not (
        _as_synth_writes(inputs)
        and all(_has_truth(truth / "pings" / Path(given["name"]).name, given) for given in sent)
        and _homes_are_those_of(inputs, truth)
    ):
        raise UsageError(
            "the truth is not about the positions that the runs read, or its homes are not those of the places: name"
            " the folder that offduty synth --truth wrote beside this very job, and leave its tables as they were"
            " written"
        )
    found = [_attacked(Job.of(job), truth, *side) for side in sides]
    return {side: asdict(attacked) for side, attacked in zip(("one", "other"), found, strict=True)}


def lifts_table(found: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The same as CSV: one row for each side and attack."""
    return rows_bytes(
        {"side": side, "attack": name, **{key: lifts[key] for key in ("officers", "duties", "every_s")}, **attack}
        for side, lifts in found.items()
        for name, attack in lifts["attacks"].items()
    )


def _as_synth_writes(inputs: JobInputs) -> bool:
    """Whether roster and sites are written as `offduty synth` writes them: the red team reads no other form."""
    if inputs.sites is None or declared_of(inputs.declared, ("roster", "sites")):
        return False
    roster, sites = inputs.roster.path, inputs.sites.path
    return all(path.is_file() for path in (roster, sites)) and (roster.suffix, sites.suffix) == (".csv", ".geojson")


def _has_truth(path: Path, given: Document) -> bool:
    """Whether a file of the truth has a row for each of a file of pings."""
    try:
        return path.is_file() and pq.read_metadata(path).num_rows == given["rows"]
    except (OSError, pa.ArrowException):
        return False


def _homes_are_those_of(inputs: JobInputs, truth: Path) -> bool:
    """Whether at least half of the homes that the truth calls recorded lie at a place of their officer. Some lie
    farther away where a world has wrong records; of another world, whose officers have the same ids, hardly one does.

    Of places in another form than `offduty synth` writes, and of a truth without such homes, it cannot be told.
    """
    rows = truth_tables.read_homes(truth / "homes.csv")
    homes = [row for row in rows if row.get("on_record") == "True"]
    path = inputs.places.path
    if not homes or not path.is_file() or path.suffix != ".geojson" or declared_of(inputs.declared, ("places",)):
        return True
    places: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for feature, corners in truth_tables.read_features(path):
        if corners is not None:
            owner = (feature.get("properties") or {}).get("officer_id", "")  # none: everybody's
            places[str(owner)].append(corners[0])
    near = [any(_is_near(row, *place) for place in places[row["officer_id"]]) for row in homes]
    return 2 * sum(near) >= len(near)


def _is_near(home: Mapping[str, str], lon: float, lat: float) -> bool:
    return abs(float(home["lon"]) - lon) < NEAR_DEGREES and abs(float(home["lat"]) - lat) < NEAR_DEGREES


def _attacked(job: Job, truth: Path, store: Location, document: Document) -> ReleaseLifts:
    inputs, key = job.inputs, load_pseudonym_key(job.keys.pseudonym.path)
    roster = inputs.roster.path
    sites = None if inputs.sites is None else inputs.sites.path
    with local_copy(store) as folder:
        force = ground_truth.read_force(folder, truth, key, roster, sites, run_id=str(document["run_id"]), tracks=False)
    scores = dict(home_lifts.home_lifts(force, truth / "density.csv"))
    blind = next(iter(scores.values())).blind
    duties = int(force.visible.duty.max(initial=0)) + 1
    attacks = {name: _figures(score) for name, score in scores.items()}
    return ReleaseLifts(force.visible.officers, duties, int(force.every_s), round(blind, 6), attacks)


def _figures(score: metrics.Score) -> dict[str, float]:
    lifts = (score.lift, score.lift_low, score.lift_high)
    return {
        "found": score.far.hits,
        **dict(zip(("lift", "low", "high"), (round(each, 2) for each in lifts), strict=True)),
    }
