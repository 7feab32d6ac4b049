"""An interrupt that arrives while DuckDB works is told as one, wherever DuckDB is asked: from Python it is a
`KeyboardInterrupt`, and a command exits with 130. DuckDB makes an error of its own of it, which must never be told as a
damaged file or as a bug.

A command knows of a signal by itself (`offduty.core.interrupts`). No signal is sent here: only what DuckDB raised
counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty import Policy, decide_pings, mask, run, settle_reference
from offduty.analyses.policy_comparison import RecordedLedger, compare_policies
from offduty.analyses.roster_files import read_roster_files
from offduty.consultation.pack import consult
from offduty.core.errors import InputError, OffdutyError, StorageError
from offduty.core.instants import instant
from offduty.decision.reference import columns_as_text
from offduty.report.build import ReportRequest, report
from offduty.runs.check import check
from offduty.runs.compare import compare
from offduty.runs.plan import plan
from offduty.runs.trial import trial
from offduty.synth.toy_keys import TOY_KEY
from tests.cli.command import here
from tests.faults.duckdb_places import MADE_OF_AN_INTERRUPT, failing_at, places_in_code
from tests.logs import a_run, add
from tests.unit.analyses.rosters import audit
from tests.unit.analyses.test_roster_summary import POLICY, TERMS, csv, late_shifts
from tests.world import AFTERWARDS, COLUMNS, lay_out, ping, shift, toml, typed, world, write_table

DAYS = ("2026-03-02", "2026-03-03")
TIMES = {"start": DAYS[0], "end": DAYS[1], "as_of": AFTERWARDS}
ASKED = ("--from", DAYS[0], "--to", DAYS[1])


@dataclass(frozen=True)
class Work:
    """Something that DuckDB is asked for: from Python, and by the arguments of the same command (None: no command asks
    the same). Each may be repeated.
    """

    from_python: Callable[[], object]
    command: tuple[object, ...] | None = None


def _world(**inputs: dict[str, Any]) -> dict[str, Any]:
    """Released rows on two days, some of whose times have no offset, and a row for the quarantine."""
    pings = [ping(f"{day}T{clock}") for day in DAYS for clock in ("09:00:00", "12:00:00Z")]
    roster = [shift(f"{day}T08:00", f"{day}T16:00", shift_id=day) for day in DAYS]
    declared = {"pings": {"time_zone": "Europe/London"}, **inputs}
    return world([*pings, ping("nonsense")], roster=roster, inputs=declared)


def _of_text(folder: Path, form: str) -> Work:
    """A run over text; the reference tables have lines that Arrow is not trusted with."""
    job = lay_out(_world(), folder, form=form)
    return Work(lambda: check(job, **TIMES), ("check", job, *ASKED))


def _of_parquet(folder: Path) -> Work:
    """A run over a part of the time of Parquet: the devices are looked for. A row is shown as it was read, and places
    are declared.
    """
    job = lay_out(_world(places={"path": "places.parquet"}), folder, form="parquet")
    rows = _world()["tables"]["places"]
    columns = {name: typed(name, [row.get(name) for row in rows]) for name in COLUMNS["places"]}
    columns["how far"] = columns.pop("radius_m")
    pq.write_table(pa.table(columns), folder / "places.parquet")
    path = 'path = "places.parquet"\n'
    job.write_text(job.read_text().replace(path, path + 'columns = { radius_m = "how far" }\n'))
    return Work(lambda: check(job, **TIMES), ("check", job, *ASKED))


def _in_memory() -> Work:
    """Tables at hand."""
    tables = {name: pa.Table.from_pylist(rows) for name, rows in _world()["tables"].items()}
    tables = {"homes" if name == "places" else name: rows for name, rows in tables.items()}
    return Work(
        lambda: mask(**tables, policy=_world()["policy"], declared=_world()["inputs"], key=bytes(32), as_of=AFTERWARDS)
    )


def _decided_in_memory() -> Work:
    """Reasons alone."""
    made = world()
    texts = {
        name: columns_as_text(name, pa.Table.from_pylist(made["tables"][name], _schema(name)))
        for name in ("assignments", "roster", "places", "sites")
    }
    policy, pings = Policy.from_dict(made["policy"]), pa.Table.from_pylist(made["tables"]["pings"])

    def decided() -> pa.Table:
        return decide_pings(pings, settle_reference(texts, policy, instant(AFTERWARDS)).reference)

    return Work(decided)


def _schema(table: str) -> pa.Schema:
    return pa.schema(
        [(name, pa.float64() if name in ("lon", "lat", "radius_m") else pa.string()) for name in COLUMNS[table]]
    )


def _superseded(folder: Path) -> Work:
    """What a further file would change of a run: the ledgers are compared."""
    job = lay_out(_world(), folder)
    run(job, **TIMES)
    write_table(folder / "pings" / "late.csv", "pings", [ping("10:00")])
    return Work(lambda: plan(job, start=DAYS[0], end=DAYS[1]), ("plan", job, *ASKED))


def _compared(folder: Path) -> Work:
    """Two runs, one of which supersedes the other."""
    job = lay_out(_world(), folder)
    first = run(job, **TIMES)
    write_table(folder / "pings" / "late.csv", "pings", [ping("10:00")])
    second = run(job, **TIMES)
    return Work(lambda: compare(folder / "store", first.run_id, second.run_id))


def _policies(folder: Path) -> Work:
    """A run and a trial."""
    case = _world()
    job = lay_out(case, folder, key=TOY_KEY)
    (folder / "new.toml").write_text(toml(case["policy"] | {"legs": {**case["policy"]["legs"], "rule": "off"}}))
    folders = [Path(str(done.path)) for done in (run(job, **TIMES), trial(job, policy=folder / "new.toml", **TIMES))]
    return Work(
        lambda: compare_policies(*map(RecordedLedger.in_folder, folders)),
        ("compare", *folders, "--because", "a review", "-o", folder, "--force"),
    )


def _pack(folder: Path) -> Work:
    """The pack about the policy of a run, with another one that was tried out."""
    policies = _policies(folder)
    assert policies.command is not None
    store = Path(str(policies.command[1])).parents[1]
    own, other, made = folder / "policy.toml", folder / "new.toml", folder / "pack"
    made.mkdir()
    return Work(
        lambda: consult(store, own, other),
        ("consult", store, "--policy", own, "--compare", other, "-o", made, "--force"),
    )


def _report(folder: Path) -> Work:
    """The page of a run, with its inputs."""
    job = lay_out(_world(), folder)
    run(job, **TIMES)
    store = folder / "store"
    return Work(
        lambda: report(ReportRequest(store, inputs=job)),
        ("report", store, "--inputs", job, "-o", folder / "page.html", "--force"),
    )


def _audit(folder: Path) -> Work:
    """The audit of a roster that says who approved."""
    folder.mkdir()
    rows = [{**row, "approved_by": "login"} for row in late_shifts(12, 30)]
    (folder / "roster.csv").write_text(csv(rows))
    (folder / "policy.toml").write_text(POLICY + TERMS)
    (folder / "store" / "log").mkdir(parents=True)
    add(folder / "store" / "log", a_run("a"))

    def audited() -> object:
        read_roster_files("roster.csv", folder)
        return audit(rows)

    asked = ("--roster", folder / "roster.csv", "--policy", folder / "policy.toml", "--because", "a review")
    return Work(audited, ("roster-audit", folder / "store", *asked, "-o", folder, "--force"))


WORKS: dict[str, Callable[[Path], Work]] = {
    "text": lambda folder: _of_text(folder, "csv"),
    "JSON": lambda folder: _of_text(folder, "ndjson"),
    "Parquet": _of_parquet,
    "tables": lambda folder: _in_memory(),
    "decide_pings": lambda folder: _decided_in_memory(),
    "superseded": _superseded,
    "compared": _compared,
    "policies": _policies,
    "pack": _pack,
    "report": _report,
    "audit": _audit,
}


Works = dict[str, Work]


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Works:
    """All of them, laid out."""
    folder = tmp_path_factory.mktemp("works")
    return {name: make(folder / name) for name, make in WORKS.items()}


PLACES: dict[str, tuple[str, ...]] = {
    "analyses.policy_comparison.compare_policies": ("policies", "pack"),
    "analyses.roster_files._column": ("audit",),
    "analyses.roster_signals._asked": ("audit",),
    "decision.join.join_pings": ("text", "Parquet", "tables", "decide_pings", "superseded"),
    "decision.join.prepare": ("text", "tables", "decide_pings"),
    "duty.timeline._on_shift": ("text", "tables", "decide_pings", "superseded"),
    "ingest.duckdb_session.open_engine": ("text", "tables", "superseded", "report", "audit"),
    "ingest.named_devices._distinct_texts": ("Parquet", "superseded"),
    "ingest.ping_copy.__init__": ("text", "superseded"),
    "ingest.ping_copy._lacks": ("text", "JSON"),
    "ingest.ping_copy._offsets": ("text", "JSON"),
    "ingest.ping_copy._timed": ("text", "JSON"),
    "ingest.ping_copy._typed": ("text",),
    "ingest.ping_copy.ask": ("text", "superseded"),
    "ingest.ping_copy.copy_typed": ("JSON",),
    "ingest.ping_files.as_read": ("Parquet", "tables"),
    "ingest.reference_files._as_text": ("Parquet", "tables"),
    "ingest.reference_files._read_text": ("text", "report"),
    "ingest.reference_files.as_declared": ("Parquet",),
    "ingest.text_files._create": ("text", "JSON", "report", "audit"),
    "ingest.text_files._open_csv": ("text", "report", "audit"),
    "ingest.text_files._open_ndjson": ("JSON",),
    "ingest.text_files.columns_of_text": ("report",),
    "ingest.text_files.open_text": ("text", "JSON", "report", "audit"),
    "runs.compare.how_rows_fared": ("superseded", "compared"),
}
"""Every place, and what asks there."""
CASES = [(place, name) for place, names in PLACES.items() for name in names]


def test_every_place_is_tried():
    """A new place is one more line above."""
    assert set(PLACES) == places_in_code()


@pytest.mark.parametrize("form", MADE_OF_AN_INTERRUPT)
@pytest.mark.parametrize(("place", "name"), CASES)
def test_python_is_interrupted(works: Works, place: str, name: str, form: str):
    """Whatever DuckDB made of it."""
    with failing_at(place, MADE_OF_AN_INTERRUPT[form]) as seen, pytest.raises(KeyboardInterrupt) as raised:
        works[name].from_python()
    assert place in seen
    assert raised.value.__cause__ is None


COMMANDS = [(place, name) for place, name in CASES if name not in ("tables", "decide_pings", "compared")]


@pytest.mark.parametrize(("place", "name"), COMMANDS)
def test_a_command_is_interrupted(works: Works, place: str, name: str):
    """Although it got no signal that it could remember. The form is the one that no command knew of."""
    with failing_at(place, MADE_OF_AN_INTERRUPT["a query on another thread"]) as seen:
        done = here(*works[name].command)
    assert place in seen
    assert (done.returncode, done.stderr.splitlines()[-1]) == (130, "offduty: interrupted; nothing was published")


DAMAGED: dict[str, tuple[str, type[OffdutyError], str]] = {
    "ingest.named_devices._distinct_texts": ("Parquet", InputError, "pings/part-0.parquet: the file cannot be read as"),
    "ingest.ping_copy.copy_typed": ("JSON", InputError, "pings/part-0.ndjson: the file cannot be read: it does not"),
    "ingest.reference_files._read_text": ("text", InputError, "assignments.csv: the file cannot be read: it does not"),
    "ingest.text_files._create": ("text", InputError, "assignments.csv: the file cannot be read: it does not"),
    "ingest.text_files._open_ndjson": ("JSON", InputError, "pings/part-0.ndjson: the file cannot be read: it does not"),
    "ingest.text_files.columns_of_text": (
        "report",
        InputError,
        "pings/part-0.csv: the file cannot be read: it does not",
    ),
    "analyses.roster_files._column": ("audit", InputError, "roster.csv: the file cannot be read: it does not"),
    "runs.compare.how_rows_fared": ("compared", StorageError, "the ledgers of the two runs cannot be compared"),
}


@pytest.mark.parametrize("place", DAMAGED)
def test_a_damaged_file_stays_one(works: Works, place: str):
    """What DuckDB says of any other failure is told as before, and quotes no row."""
    name, kind, told = DAMAGED[place]
    error = duckdb.InvalidInputException("Invalid Input Error: CANARY")
    with failing_at(place, lambda: error) as seen, pytest.raises(kind) as raised:
        works[name].from_python()
    assert place in seen
    assert str(raised.value).startswith(told)
    assert "CANARY" not in str(raised.value)


LEDGERS = {
    "plan": ("superseded", "the ledger of the newest run cannot be read: it is damaged"),
    "two runs": ("compared", "the ledgers of the two runs cannot be compared"),
    "compare": ("policies", r"\A[0-9a-f]{32}/ledger/part-00000.parquet: a ledger cannot be read: run offduty verify"),
    "consult": ("pack", r"\A[0-9a-f]{32}/ledger/part-00000.parquet: a ledger cannot be read: run offduty verify"),
}
"""Who reads the rows of ledgers as a stream, and what is said of a damaged one."""


def _failing_ledgers(monkeypatch: pytest.MonkeyPatch, error: Callable[[], BaseException]) -> list[str]:
    """Every ledger raises this error after its first rows, in the middle of the stream. Gives the names of those."""
    seen: list[str] = []
    iter_batches = pq.ParquetFile.iter_batches

    def batches(file: pq.ParquetFile, *given: Any, **options: Any) -> Any:
        if options.get("columns") != ["file", "row", "reason"]:
            yield from iter_batches(file, *given, **options)
            return
        yield next(iter_batches(file, *given, **options))
        seen.append("a ledger")
        raise error()

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", batches)
    return seen


@pytest.mark.parametrize("kind", [pa.ArrowMemoryError, MemoryError])
@pytest.mark.parametrize(("name", "damaged"), LEDGERS.values(), ids=LEDGERS)
def test_too_little_memory_is_no_damaged_ledger(works: Works, monkeypatch, name: str, damaged: str, kind):
    """Arrow raises it in the middle of what DuckDB reads."""
    seen = _failing_ledgers(monkeypatch, lambda: kind("malloc of size 64 failed"))
    with pytest.raises(StorageError, match="the memory of this machine is too little"):
        works[name].from_python()
    assert seen


@pytest.mark.parametrize("kind", [pa.ArrowInvalid, OSError, ValueError])
@pytest.mark.parametrize(("name", "damaged"), LEDGERS.values(), ids=LEDGERS)
def test_a_damaged_ledger_is_told_as_one(works: Works, monkeypatch, name: str, damaged: str, kind):
    """By the file where one is known, and nothing of it is quoted."""
    seen = _failing_ledgers(monkeypatch, lambda: kind("CANARY: Out of memory: KeyboardInterrupt"))
    with pytest.raises(StorageError, match=damaged) as raised:
        works[name].from_python()
    assert "CANARY" not in str(raised.value)
    assert seen


@pytest.mark.parametrize("name", [name for name, _ in LEDGERS.values()])
def test_an_interrupt_while_a_ledger_is_read_is_one(works: Works, monkeypatch, name: str):
    """In the middle of the stream: from Python, and as a command, which exits with 130."""
    seen = _failing_ledgers(monkeypatch, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        works[name].from_python()
    assert seen
    command = works[name].command
    if command is not None:
        done = here(*command)
        assert (done.returncode, done.stderr.splitlines()[-1]) == (130, "offduty: interrupted; nothing was published")


FORMS = {
    "memory": (duckdb.OutOfMemoryException, "Out of Memory Error: could not allocate block", "memory"),
    "disk": (duckdb.IOException, 'IO Error: Could not write file "spill": No space left on device', "the disk refused"),
}


@pytest.mark.parametrize("resource", FORMS)
@pytest.mark.parametrize(("place", "name"), CASES)
def test_what_ran_out_is_named(works: Works, place: str, name: str, resource: str):
    """And no file is called damaged."""
    kind, words, told = FORMS[resource]
    with failing_at(place, lambda: kind(words)) as seen, pytest.raises(StorageError, match=told):
        works[name].from_python()
    assert place in seen
