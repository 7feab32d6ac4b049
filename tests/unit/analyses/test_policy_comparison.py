"""The comparison of two policies equals a plain count over both ledgers; what is shown of it is about ten rows or more."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offduty import run
from offduty.analyses.policy_comparison import (
    OTHERS,
    WORDS,
    PolicyComparison,
    RecordedLedger,
    compare_policies,
    comparison_text,
    differing_keys,
)
from offduty.cli.answer_files import csv_bytes
from offduty.core.canonical_json import canonical_json
from offduty.core.errors import StorageError, UsageError
from offduty.runs.trial import trial
from offduty.synth.toy_keys import TOY_KEY
from offduty.transparency.log import entry_bytes, entry_name, read_log
from offduty.verify.answers_again.comparison import comparison_tables
from offduty.verify.checks.analyses import check_analyses
from offduty.verify.checks.analyses_again import check_made_again
from offduty.verify.entries import read_audited_log
from offduty.verify.manifest_schema import faults_of
from offduty.verify.verdict import Check, Status
from tests.cli.command import here
from tests.conformance import conformance_cases
from tests.logs import a_run, add
from tests.spec.test_conformance import as_world
from tests.world import AFTERWARDS, lay_out, ping, policy_of, shift, toml, world

LOOSER = {"legs": {"rule": "off"}, "places": {"buffer_m": 0.0, "require_home": False}, "accuracy": {"max_m": 500.0}}


def two(case: dict[str, Any], folder: Path, **policy: Any) -> tuple[Path, Path]:
    """The folders of a run and of a trial over the same inputs, as of the same instant."""
    job = lay_out(case, folder, key=TOY_KEY, files=2)
    changed = {name: {**values, **(policy or LOOSER).get(name, {})} for name, values in case["policy"].items()}
    (folder / "new.toml").write_text(toml(changed))
    start, end = case.get("interval") or (None, None)
    times = {"start": start, "end": end, "as_of": case["as_of"]}
    first, second = run(job, **times), trial(job, policy=folder / "new.toml", **times)
    return Path(str(first.path)), Path(str(second.path))


def compared(folders: tuple[Path, Path]) -> PolicyComparison:
    """The comparison of two folders."""
    return compare_policies(*map(RecordedLedger.in_folder, folders))


def plain(folders: tuple[Path, Path]) -> Counter[tuple[str, str]]:
    """The oracle: each row of one ledger is looked up in the other, file by file and row by row."""
    reasons = []
    for folder in folders:
        rows = [row for path in sorted(folder.glob("ledger/*.parquet")) for row in pq.read_table(path).to_pylist()]
        reasons.append({(row["file"], row["row"]): row["reason"] for row in rows})
    assert set(reasons[0]) == set(reasons[1])
    return Counter((reason, reasons[1][row]) for row, reason in reasons[0].items())


def exact(found: PolicyComparison) -> Counter[tuple[str, str]]:
    """The exact table as counts."""
    return Counter({(row.was, row.became): row.rows for row in found.exact.itertuples()})


def check(folders: tuple[Path, Path]) -> None:
    """Table equal to the oracle, margins equal to both manifests."""
    found = compared(folders)
    assert exact(found) == plain(folders)
    for side, column in (("one", "was"), ("other", "became")):
        margin = found.exact.groupby(column)["rows"].sum().to_dict()
        counts = getattr(found, side)["counts"]
        assert margin == {reason: count for reason, count in counts.items() if count}


CASES = [case for case in conformance_cases() if case["expect"] != "stop"][::12]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_table_is_that_of_the_oracle_on_cases_of_the_contract(case, tmp_path):
    """Every twelfth of them, where they are there."""
    check(two(as_world(case), tmp_path))


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One officer's day, with a way from home to home: 12 rows become released, and 3 of another reason."""
    spots = [("08:30", "station"), ("12:00", "home"), ("12:30", "home"), ("15:30", "station")]
    pings = [ping(clock, where) for clock, where in spots]
    pings += [ping(f"12:{minute:02}", "street") for minute in range(5, 17)]
    pings += [ping(f"09:{minute:02}", "station", 300) for minute in range(3)]
    pings += [ping(f"20:{minute:02}", "station") for minute in range(25)]
    return two(world(pings), tmp_path_factory.mktemp("day"))


def test_a_day_of_which_much_would_change(day):
    """Equal to the oracle; and shown are twelve as ten, and three not at all."""
    check(day)
    found = compared(day)
    assert exact(found)["home_leg", "on_duty"] == 12
    assert exact(found)["imprecise", "on_duty"] == 3
    assert found.table.to_numpy().tolist() == [
        ["home_leg", "on_duty", "10"],
        [OTHERS, OTHERS, "fewer than 10"],
    ]
    margins = {row.reason: (row.one, row.other) for row in found.margins.itertuples()}
    assert margins["off_duty"] == (30, 30)
    assert margins["home_leg"] == (10, 0)
    assert margins["on_duty"] == (None, 10)
    assert margins["imprecise"] == (None, None)


def frame(*rows: tuple[str, str, int]) -> PolicyComparison:
    """A comparison with this exact table."""
    document = {"kind": "run", "run_id": "0", "policy_sha256": "", "as_of": "", "interval": {"from": "", "to": ""}}
    document["policy"] = {"policy": {"name": "tests"}}
    return PolicyComparison(document, document, pd.DataFrame(rows, columns=["was", "became", "rows"]))


@pytest.mark.parametrize("few", range(10))
def test_fewer_than_ten_changes_look_like_none(few):
    """Whether one row changed or nine or none, the document is the same, byte for byte."""
    rows = [("on_duty", "on_duty", 1000 - few), ("off_duty", "off_duty", 500)]
    none = frame(("on_duty", "on_duty", 1000), ("off_duty", "off_duty", 500))
    some = frame(*rows, *([("on_duty", "home_leg", few)] if few else []))
    assert json.dumps(some.document()) == json.dumps(none.document())


def test_small_changes_are_added_up():
    """Six and five of two kinds: eleven of any kind, and neither of the two is shown."""
    found = frame(("on_duty", "on_duty", 100), ("on_duty", "home_leg", 6), ("home_leg", "on_duty", 5))
    assert found.table.to_numpy().tolist() == [[OTHERS, OTHERS, "10"]]


def test_no_margin_of_the_other_is_counted():
    """It follows from what is shown: so two comparisons with one policy in common differ by no exact number."""
    found = frame(("on_duty", "on_duty", 94), ("on_duty", "home_leg", 21), ("home_leg", "on_duty", 4))
    margins = {row.reason: (row.one, row.other) for row in found.margins.itertuples()}
    assert margins["on_duty"] == (120, 100)  # 98 are
    assert margins["home_leg"] == (None, 20)  # 21 are


def test_the_keys_that_differ_are_sentences():
    """Each with both values and what the key does, also of a section that one policy does not have."""
    one, other = policy_of({}), policy_of({"places": {"buffer_m": 300.0}})
    other["analyses"] = {"roster_audit": {"purpose": "records"}}
    found = {each["key"]: each for each in differing_keys(one, other)}
    assert set(found) == {"places.buffer_m", "analyses.roster_audit.purpose"}
    assert "protected place" in found["places.buffer_m"]["says"]
    assert found["analyses.roster_audit.purpose"]["one"] == "not there"


def test_two_that_did_not_know_the_same_are_not_compared(tmp_path):
    """Another instant, other tables: the message says which, and no table is made."""
    case = world([ping("09:00"), ping("12:00", "street")])
    one, other = two(case, tmp_path / "a")
    later = run(lay_out(case, tmp_path / "b", key=TOY_KEY, files=2), as_of="2026-11-21T00:00:00Z").path
    with pytest.raises(UsageError, match="as_of differ"):
        compared((one, Path(str(later))))
    roster = lay_out(
        {**case, "tables": {**case["tables"], "roster": [shift(ends="15:00")]}}, tmp_path / "c", key=TOY_KEY
    )
    with pytest.raises(UsageError, match="known of the roster"):
        compared((one, Path(str(run(roster, as_of=AFTERWARDS).path))))
    pings = lay_out({**case, "tables": {**case["tables"], "pings": [ping("09:00")]}}, tmp_path / "d", key=TOY_KEY)
    with pytest.raises(UsageError, match="the same rows"):
        compared((one, Path(str(run(pings, as_of=AFTERWARDS).path))))
    with pytest.raises(UsageError, match="no entry of the log names"):
        RecordedLedger.in_folder(other.parent / ("0" * 32))
    next(other.glob("ledger/*.parquet")).unlink()
    with pytest.raises(StorageError, match="ledger is missing"):
        RecordedLedger.in_folder(other)


def test_from_the_command_line(day, tmp_path):
    """As text, as JSON, and as two files; and no file is replaced."""
    said = here("compare", *day)
    assert said.returncode == 0, said.stderr
    assert "legs.rule: anchored in the one, off in the other." in said.stdout
    document = json.loads(here("compare", *day, "--json").stdout)
    assert document["changes"][0] == {"was": "home_leg", "became": "on_duty", "rows": "10"}
    assert said.stdout.splitlines() == comparison_text(document)
    (tmp_path / "made").mkdir()
    assert here("compare", *day, "-o", tmp_path / "made", "--because", "spring talks").returncode == 0
    entry = read_log(day[1].parents[1] / "log")[-1].document
    assert (entry["kind"], entry["analysis"], entry["because"]) == ("analysis", "compare", "spring talks")
    assert (entry["role"], entry["tables"], entry["runs"]) == ("", [], [day[0].name, day[1].name])
    assert entry["parameters"] == {"one": day[0].name, "other": day[1].name}
    assert {out["name"]: out["sha256"] for out in entry["outputs"]} == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "made").iterdir()
    }
    assert list(faults_of(entry)) == []
    before = len(read_log(day[1].parents[1] / "log"))
    assert (tmp_path / "made" / "comparison.csv").read_text().splitlines()[0] == "was,became,rows"
    assert json.loads((tmp_path / "made" / "comparison.json").read_text()) == document
    assert here("compare", *day, "-o", tmp_path / "made").returncode == 2
    assert len(read_log(day[1].parents[1] / "log")) == before


def test_without_an_entry_there_is_no_comparison(tmp_path):
    """A signed log needs its key; a folder without the right to write gives what other questions give."""
    folders = two(world([ping("09:00"), ping("12:00", "street")]), tmp_path)
    store = folders[1].parents[1]
    add(store / "log", a_run("b"), bytes(32))
    (store / "runs" / "b").mkdir()
    (tmp_path / "made").mkdir()
    done = here("compare", *folders, "-o", tmp_path / "made")
    assert (done.returncode, done.stdout, list((tmp_path / "made").iterdir())) == (2, "", [])
    assert "--signing" in done.stderr


@pytest.fixture
def asked(day, tmp_path) -> Path:
    """The store of the day, copied, and compared in it once."""
    shutil.copytree(day[1].parents[1], tmp_path / "store")
    for entry in (tmp_path / "store/log").glob("*.entry"):
        if int(entry.name[:12]) > 1:
            entry.unlink()
    assert here("compare", *(tmp_path / "store/runs" / each.name for each in day)).returncode == 0
    return tmp_path / "store"


def made_again(store: Path) -> Check:
    """Check 8.2 of a store, without a key or a table."""
    return check_made_again(store, read_audited_log(store / "log"), None, None)


def test_a_comparison_is_made_again(asked):
    """By another hand, from both ledgers, without the key."""
    check = made_again(asked)
    assert (check.status, check.count.value, check.findings) == (Status.PASS, 1, ())
    terms = check_analyses(read_audited_log(asked / "log"), None)
    assert (terms.status, terms.count.value) == (Status.PASS, 1)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("comparison.csv", "comparison.csv is not what"),
        ("comparison-reasons.csv", "comparison-reasons.csv is not what"),
    ],
)
def test_a_comparison_that_was_changed_is_found(asked, name, says):
    """Either of its tables."""

    def change(document: dict[str, Any]) -> None:
        for output in document["outputs"]:
            output["sha256"] = "0" * 64 if output["name"] == name else output["sha256"]

    rewritten(asked, change)
    check = made_again(asked)
    assert (check.status, check.found, says in check.findings[0]) == (Status.FAIL, 1, True)


def test_a_comparison_with_another_store_or_without_a_ledger_is_not_done(asked):
    """And how it is checked is said."""
    shutil.copytree(asked, asked.parent / "short")
    next((asked.parent / "short").glob("runs/*/ledger/*.parquet")).write_bytes(b"damaged")
    check = made_again(asked.parent / "short")
    assert (check.status, "ledger" in str(check.why)) == (Status.NOT_DONE, True)
    rewritten(asked, lambda document: document["parameters"].update(one="0" * 32))
    check = made_again(asked)
    assert (check.status, "--compared" in str(check.why)) == (Status.NOT_DONE, True)


@pytest.mark.parametrize(
    "change",
    [
        {"pseudonym": "0" * 32},
        {"outputs": [{"name": "presence.json", "sha256": "0" * 64, "bytes": 1}]},
        {"role": "the chief"},
        {"parameters": {}},
        {"parameters": {"officer": "o3"}},
        {"parameters": {"one": "o3", "other": "0" * 32}},
        {"parameters": {"one": "0" * 32, "other": "0" * 32, "officer": "0" * 32}},
        {"declarations": {"roster": {"columns": {"officer_id": "o3"}}}},
    ],
)
def test_no_question_about_staff_hides_under_the_name_of_a_comparison(asked, change):
    """Its entry has no key, no table, no other files, and no word that could name somebody."""
    entry = read_log(asked / "log")[-1].document
    assert list(faults_of(entry)) == []
    assert list(faults_of({**entry, **change}))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"parameters": {"one": "0" * 32, "other": "1" * 32}, "runs": []}, "no run or trial of the log"),
        ({"runs": []}, "are not the two"),
        ({"runs": ["a" * 32]}, "was not in the log"),
    ],
)
def test_a_comparison_of_what_nobody_has_is_found(asked, change, says):
    """It lies where its second side lies: of one that no log names nothing could be looked at (8.2 is NOT DONE)."""
    rewritten(asked, lambda document: document.update(change))
    log = read_audited_log(asked / "log")
    assert not log.entries[-1].faults
    check = check_analyses(log, None)
    assert check.status is Status.FAIL
    assert any(says in finding for finding in check.findings)


def test_one_side_of_a_comparison_may_lie_in_another_store(asked):
    """Which is said by 8.2; the other side is named."""
    other = read_log(asked / "log")[-1].document["parameters"]["other"]
    rewritten(asked, lambda document: document.update(parameters={"one": "0" * 32, "other": other}, runs=[other]))
    assert check_analyses(read_audited_log(asked / "log"), None).status is Status.PASS


def rewritten(store: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """The newest entry with a change, in a log that was written again."""
    document = dict(read_log(store / "log")[-1].document)
    change(document)
    before = read_log(store / "log")[:-1]
    (store / "log" / entry_name(len(before))).write_bytes(entry_bytes(canonical_json(document), before))


SHARES = st.dictionaries(
    st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS)),
    st.one_of(st.integers(1, 30), st.integers(1, 5_000)),
    max_size=20,
)


@given(counts=SHARES)
@settings(max_examples=300, deadline=None)
def test_both_hands_print_the_same_tables(counts):
    """Whatever became of the rows: changes, those that are added up, and margins."""
    order = {word: place for place, word in enumerate(WORDS)}
    rows = sorted(((*pair, rows) for pair, rows in counts.items()), key=lambda row: (order[row[0]], order[row[1]]))
    found, again = frame(*rows), comparison_tables(Counter(counts))
    assert csv_bytes(found.table) == again["comparison.csv"]
    assert csv_bytes(found.reasons) == again["comparison-reasons.csv"]
