"""Gives tests their marks, by the names of files: what they need beside Python, and which of them take long.

`make test-fast` leaves all of these out. `make test` leaves out only what is long, which `make test-long` runs. CI runs
`make test` and a third of what is long, another third after each commit. A part alone: `pytest -m postgres`.
"""

from __future__ import annotations

import zlib
from collections import defaultdict

NEEDS = {
    "tests/spark/": "spark",
    "tests/objectstore/": "objects",
    "tests/browser/": "browser",
    "tests/unit/ingest/test_postgres.py": "postgres",
    "tests/faults/test_power_lost.py": "strace",
    "tests/faults/test_struck.py": "strace",
}
"""The mark of each file, or of all files of a folder, that need something which is not a Python package."""

SLOW = (
    "tests/architecture/test_modules.py",
    "tests/architecture/test_second_implementation.py",
    "tests/architecture/test_words.py",
    "tests/benchmarks/",
    "tests/cli/test_attack.py",
    "tests/cli/test_check.py",
    "tests/cli/test_demo.py",
    "tests/cli/test_errors_by_name.py",
    "tests/cli/test_exit_codes.py",
    "tests/cli/test_explain.py",
    "tests/cli/test_inputs.py",
    "tests/cli/test_log.py",
    "tests/cli/test_names.py",
    "tests/cli/test_night_files.py",
    "tests/cli/test_permissions.py",
    "tests/cli/test_plan.py",
    "tests/cli/test_process.py",
    "tests/cli/test_report.py",
    "tests/cli/test_run_days.py",
    "tests/cli/test_silence.py",
    "tests/cli/test_supersede.py",
    "tests/cli/test_thirty_nights.py",
    "tests/cli/test_true_words.py",
    "tests/cli/test_verdict_page.py",
    "tests/cli/test_verify.py",
    "tests/docs/",
    "tests/faults/",
    "tests/planted/test_order_of_runs.py",
    "tests/planted/test_planted.py::test_a_bug_that_nobody_catches_fails_the_command",
    "tests/planted/test_planted.py::test_the_worlds_have_every_reason",
    "tests/properties/",
    "tests/spec/test_conformance.py",
    "tests/spec/test_release_columns.py",
    "tests/spec/test_version_2.py",
    "tests/tamper/",
    "tests/tools/test_check_release.py",
    "tests/unit/admin/",
    "tests/unit/analyses/",
    "tests/unit/cli/test_extras_stay_out.py",
    "tests/unit/config/test_contracts.py",
    "tests/unit/convert/test_convert.py",
    "tests/unit/core/test_instants.py::test_three_ways_one_answer",
    "tests/unit/decision/test_pings.py::test_the_join_and_the_contract_agree_on_any_rows",
    "tests/unit/engines/",
    "tests/unit/geofence/test_nearness.py::test_two_rings_are_as_far_apart_as_their_nearest_points",
    "tests/unit/geofence/test_places.py::test_a_ring_is_true_to_a_thousandth",
    "tests/unit/geofence/test_places.py::test_no_answer_depends_on_the_batch_the_thread_or_a_pickle",
    "tests/unit/geofence/test_places.py::test_no_scribble_loses_what_it_drew",
    "tests/unit/geofence/test_places.py::test_what_is_well_away_is_away",
    "tests/unit/ingest/test_inputs.py",
    "tests/unit/ingest/test_ping_files.py::test_a_column_of_texts_is_never_in_memory_as_a_whole",
    "tests/unit/ingest/test_text_files.py",
    "tests/unit/integrations/",
    "tests/unit/outputs/test_release.py",
    "tests/unit/outputs/test_sealed_tables.py",
    "tests/unit/redteam/test_attacks_work.py",
    "tests/unit/redteam/test_second_releases.py",
    "tests/unit/redteam/test_single_cases.py",
    "tests/unit/report/",
    "tests/unit/runs/",
    "tests/unit/store/test_local.py",
    "tests/unit/transparency/test_inclusion_proof.py::test_no_changed_bit_of_a_proof_gets_through",
    "tests/unit/transparency/test_merkle.py",
    "tests/unit/verify/",
    "offduty/verify/",
)
"""The folders, files and tests that took longest when they were measured, in November 2026."""

LONG = (
    "tests/cli/test_thirty_nights.py",
    "tests/faults/test_killed.py",
    "tests/faults/test_power_lost.py",
    "tests/faults/test_struck.py",
    "tests/faults/test_two_writers.py",
    "tests/faults/test_withdrawal_killed.py",
    "tests/objectstore/test_object_stores.py",
    "tests/planted/test_order_of_runs.py",
    "tests/planted/test_said.py::test_its_test_finds_it",
    "tests/planted/test_said.py::test_without_a_bug_the_tests_pass",
    "tests/properties/test_again.py",
    "tests/properties/test_declared_again.py",
    "tests/properties/test_invariance.py",
    "tests/properties/test_negation.py",
    "tests/properties/test_touching.py",
    "tests/spark/test_spark_faults.py",
    "tests/spark/test_spark_follow.py",
    "tests/spark/test_spark_same.py",
    "tests/spark/test_spark_table.py",
    "tests/tamper/",
    "tests/unit/analyses/test_interests.py::test_a_thousand_registers_equal_the_oracle",
    "tests/unit/core/test_instants.py::test_three_ways_one_answer",
    "tests/unit/engines/test_every_row.py::test_each_ping_meets_its_stretch",
    "tests/unit/engines/test_every_row.py::test_what_stays_is_counted_as_what_leaves",
    "tests/unit/engines/test_large_window.py",
    "tests/unit/engines/test_local.py::test_days_apart_are_the_days_together",
    "tests/unit/redteam/test_attacks_work.py",
    "tests/unit/redteam/test_second_releases.py",
    "tests/unit/redteam/test_single_cases.py",
    "tests/unit/runs/test_check.py::test_a_check_of_any_world_counts_what_the_run_counts",
    "tests/unit/runs/test_declared_forms.py",
    "tests/unit/runs/test_explain.py::test_every_row_of_any_world_is_explained_by_the_reason_of_the_run",
    "tests/unit/runs/test_mask.py::test_in_any_world_it_is_the_release_of_the_command",
)
"""What repeats one thing in many ways, for minutes: faults at system calls and object stores, flipped bits, attacks on
masks, nights, both engines' stores, random worlds and their changes. What `make test` keeps of each: a command killed,
a store in a bucket, every command of the page about Spark, random worlds before all judges.
"""


MARK_THEMSELVES = ("tests/spec/",)
"""Where tests have further marks, by what they are given."""


def asked_for(expression: str, marks: list[str]) -> bool:
    """Whether tests with these marks are among those that ``-m`` asks for; an empty expression asks for all.

    >>> asked_for("not long and not slow", ["slow"]), asked_for("long", ["slow", "long"])
    (False, True)
    """
    words = defaultdict(bool, dict.fromkeys(marks, True))
    return not expression or bool(eval(expression, {"__builtins__": {}}, words))


def marks_of_all(file: str) -> list[str] | None:
    """The marks that all tests of a file have; None where one of them may have further ones.

    >>> marks_of_all("tests/tamper/test_tamper.py"), marks_of_all("tests/unit/geofence/test_places.py")
    (['slow', 'long'], None)
    """
    divided = file.startswith(MARK_THEMSELVES) or any(name.startswith(f"{file}::") for name in (*SLOW, *LONG))
    return None if divided else marks_of(file)


def marks_of(test: str) -> list[str]:
    """The marks of a test, by its id."""
    needs = [mark for start, mark in NEEDS.items() if test.startswith(start)]
    taking = [mark for mark, starts in (("slow", SLOW), ("long", LONG)) if test.startswith(starts)]
    return [*needs, *taking]


TOGETHER = {
    "tests/faults/test_killed.py": 0,
    "tests/faults/test_power_lost.py": 2,
    "tests/faults/test_two_writers.py": 1,
    "tests/faults/test_withdrawal_killed.py": 2,
    "tests/spark/test_spark_faults.py": 1,
}
"""Files of which a third alone would cost as much as all, or miss what the others left; and the third of each."""
BY_CASE = ("tests/faults/test_struck.py",)
"""Files in which the tests of one case share what is expensive."""


def third_of(test: str) -> int:
    """The third (0, 1 or 2) to which a test belongs, by its id: the same in each process and on each day."""
    file, _, name = test.partition("::")
    if file in TOGETHER:
        return TOGETHER[file]
    case = f"{file}[{name.partition('[')[2]}" if file in BY_CASE else test
    return zlib.crc32(case.encode()) % 3
