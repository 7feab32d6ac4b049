"""Planted bugs in how the job's declarations are applied: those that the run itself does not stop at."""

from __future__ import annotations

from tests.planted.bug import Bug, bug

DECLARED: tuple[Bug, ...] = (
    bug(
        "a word that is not declared means duty",
        "leaks what was taken under a leave with a word of its own",
        "SPEC 10",
        "ingest/declared_values.py",
        'return f"(CASE {raw} {cases} ELSE {raw} END)"',
        "return f\"(CASE {raw} {cases} ELSE 'duty' END)\"",
    ),
    bug(
        "a time that is not written as declared is missing",
        "leaks positions of whoever held the device: a hand-over that cannot be read never happened",
        "SPEC 10",
        "ingest/declared.sql",
        "ELSE coalesce(instant_text(us_from_unix(value, units_per_s)), not_as_declared(value))",
        "ELSE instant_text(us_from_unix(value, units_per_s))",
    ),
    bug(
        "the month is read before the day",
        "leaks what was taken on leave, and loses what was taken on duty",
        "SPEC 10",
        "ingest/declared_values.py",
        'clock = f"try_strptime({text}, {literal(form)})"',
        "turned = form.replace('%d', '%_').replace('%m', '%d').replace('%_', '%m')\n"
        '    clock = f"try_strptime({text}, {literal(turned)})"',
    ),
)
