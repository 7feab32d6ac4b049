"""Runs the same job on both engines, and finds the files of their stores that differ."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from offduty import Policy, run
from offduty.config.job import Job
from offduty.core.errors import OffdutyError
from offduty.engines.spark.dataframe import decide
from offduty.ingest.duckdb_session import open_engine
from offduty.ingest.reference_files import read_reference
from offduty.ingest.sources import find_sources
from tests.conformance import conformance_cases
from tests.paths import ROOT, SAMPLE
from tests.world import COLUMNS, World, lay_out, policy_of

SPEC = ROOT / "tests" / "spec"
AS_OF = "2026-04-15"


@dataclass(frozen=True)
class Compared:
    """The number of rows, and the files that differ between the two stores (or that only one engine failed)."""

    rows: int
    differences: list[str]


def examples() -> Iterator[tuple[str, World]]:
    """The worlds of `tests/spec`, by title."""
    from tests.spec.stories import world_of

    for path in sorted(SPEC.glob("test_*.py")):
        module = importlib.import_module(f"tests.spec.{path.stem}")
        for story in getattr(module, "CHAPTER", None).examples if hasattr(module, "CHAPTER") else ():
            yield str(story), world_of(story)


def conformance() -> Iterator[tuple[str, World]]:
    """The worlds of `../shared/conformance`, where they are at hand."""
    for case in conformance_cases():
        tables = {name: case["tables"][name] for name in COLUMNS}
        yield case["name"].replace(" ", "-"), {**case, "policy": policy_of(case["policy"]), "tables": tables}


def compared(job: Path, as_of: str, interval: Any = None, master: str | None = None, **options: Any) -> Compared:
    """Run the job on both engines, each into a store beside the job, and compare the stores."""
    start, end = interval or (None, None)
    stores, rows = {}, 0
    for engine in ("local", "spark"):
        store = job.parent / f"store-{engine}"
        shutil.rmtree(store, ignore_errors=True)
        chosen = {"engine": engine, "master": master if engine == "spark" else None, **options}
        try:
            result = run(job, start=start, end=end, as_of=as_of, store=store, **chosen)
            stores[engine] = contents(store)
            rows = sum(result.counts.values()) + result.quarantined
        except OffdutyError as error:
            stores[engine] = {"stopped": f"{type(error).__name__}: {error}".encode()}
    names = sorted({*stores["local"], *stores["spark"]})
    return Compared(rows, [name for name in names if stores["local"].get(name) != stores["spark"].get(name)])


def contents(store: Path) -> dict[str, bytes]:
    """Every file of a store, by its name in it."""
    files = (path for path in store.rglob("*") if path.is_file())
    return {path.relative_to(store).as_posix(): path.read_bytes() for path in files}


def job_of(world: World, folder: Path, form: str = "csv", files: int = 1) -> Path:
    """The world as a job."""
    return lay_out(world, folder, form=form, files=files)


def sample(folder: Path, source: Path = SAMPLE) -> Path:
    """A copy of a folder with a job in it, with keys."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("truth", "store*"))
    for name in ("pseudonym.key", "signing.key"):
        (folder / name).write_text("5a" * 32)
        (folder / name).chmod(0o600)
    return folder / "job.toml"


def references(job: Path) -> dict[str, pa.Table]:
    """The reference tables of a job as text, as a user of `decide` may have them."""
    sources = find_sources(Job.load(job).inputs)
    folder = job.parent / "reading"
    folder.mkdir(exist_ok=True)
    with open_engine(sources, folder, 1, 400) as engine:
        return {
            name: read_reference(engine, name, sources).rows for name in ("assignments", "roster", "places", "sites")
        }


def numbered(job: Path, folder: Path) -> list[Path]:
    """The job's pings (Parquet) with the columns ``file`` and ``row`` added, one file each."""
    folder.mkdir()
    made = []
    for source in find_sources(Job.load(job).inputs):
        if source.table == "pings":
            table = pq.read_table(source.path)
            rows = table.num_rows
            table = table.append_column("file", pa.array([source.number] * rows, pa.int32()))
            table = table.append_column("row", pa.array(range(rows), pa.int64()))
            pq.write_table(table, folder / f"{source.number}.parquet")
            made.append(folder / f"{source.number}.parquet")
    return made


def decided_by_spark(spark: Any, job: Path, as_of: str, **options: Any) -> Any:
    """The result of `decide` for the job's pings as a Spark table."""
    folder = job.parent / "numbered"
    numbered(job, folder)
    policy = Policy.load(Job.load(job).policy.path)
    return decide(spark, spark.read.parquet(str(folder)), references(job), policy, as_of, **options)


def recorded(run_folder: Path) -> dict[tuple[int, int], str]:
    """Every row that a run recorded, with its reason."""
    found = {}
    for part, prefix in (("ledger", ""), ("quarantine", "quarantine:")):
        for file in (run_folder / part).glob("*.parquet"):
            for row in pq.ParquetFile(file).read(["file", "row", "reason"]).to_pylist():
                found[row["file"], row["row"]] = prefix + row["reason"]
    return found
