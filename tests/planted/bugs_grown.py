"""Planted bugs in the digests of reference tables: what a run's question depends on, and what an auditor can tell."""

from __future__ import annotations

from tests.planted.bug import Bug, bug

ROWS, TEXTS, DIGESTS = "decision/known_rows.py", "decision/row_texts.py", "outputs/reference_digests.py"

GROWN: tuple[Bug, ...] = (
    bug(
        "a row that cannot be read touches nothing",
        "leaks positions that it takes away: the day is not run again",
        "SPEC 8",
        ROWS,
        "touching: Bools = ~rows.readable | (rows.timed",
        "touching: Bools = (rows.timed",
    ),
    bug(
        "a version of another day is none of its shift",
        "leaks positions of a shift that was moved: the day is not run again",
        "SPEC 8",
        ROWS,
        "return touching | families[rows.shift_family]",
        "return touching",
    ),
    bug(
        "the rows of lookalikes touch nothing",
        "leaks positions of whoever is written in two ways: the day is not run again",
        "SPEC 8",
        ROWS,
        "found = [*(spans.get(key_of(text), NOTHING) for text in texts), NOTHING]",
        "found = [*(spans.get(key_of(text), NOTHING) if text in self.names else NOTHING for text in texts), NOTHING]",
    ),
    bug(
        "an officer's other devices touch nothing",
        "leaks the way home that another device shows: the day is not run again",
        "SPEC 8",
        ROWS,
        "        np.maximum.at(last, rows.family[held], end[rows.officer[held]])\n",
        "",
    ),
    bug(
        "the context of a run touches nothing",
        "leaks the way home after a night shift: the day is not run again",
        "SPEC 8",
        ROWS,
        "        np.maximum.at(end, windows.officer[late], windows.cluster_to[late])\n",
        "",
    ),
    bug(
        "what ends a window is no part of it",
        "leaks the end of a night that was cut short: the day is not run again",
        "SPEC 8",
        ROWS,
        "        end[whose[windows.to_us[mine] == end[whose]]] += 1\n",
        "",
    ),
    bug(
        "the digest of a table has the order of its rows",
        "loses that the table is the same: every day is run again",
        "SPEC 8",
        DIGESTS,
        "_in_order(codes).tobytes()",
        "codes.tobytes()",
    ),
    bug(
        "the digests need no key",
        "leaks homes to whoever tries them out",
        "SPEC 8",
        DIGESTS,
        "own = hmac.digest(key, KEY_USE",
        'own = hmac.digest(b"", KEY_USE',
    ),
    bug(
        "what may have been recorded afterwards is certain",
        "loses the custody that is certain a day later: the day is not run again",
        "SPEC 8",
        TEXTS,
        '",true]" if flag else "]"',
        '"]" if flag else "]"',
    ),
    bug(
        "white space and spelling make another row",
        "loses that the table is the same: every day is run again",
        "SPEC 8",
        "core/written_values.py",
        'return str(us) if has_offset else f"[{us}]"',
        "return text_value(text)",
    ),
    bug(
        "the run id does not depend on the tables",
        "leaks positions that a later row takes away: the day is not run again",
        "SPEC 8",
        "outputs/manifest.py",
        'asked = {**self.scope(), "inputs": inputs, "references": touching}',
        'asked = {**self.scope(), "inputs": inputs}',
    ),
    bug(
        "files are chosen by the interval, without its context",
        "leaks the way home that the file of the evening before shows: it is not read",
        "SPEC 8",
        "runs/decided.py",
        "    context = context_of(asked.interval, settled.reference.timeline.windows)\n    return _SettledBefore",
        "    context = asked.interval\n    return _SettledBefore",
        (
            "        context = context_of(asked.interval, settled.reference.timeline.windows)\n        _check_all_read",
            "        context = asked.interval\n        _check_all_read",
        ),
    ),
    bug(
        "a file ends where its last row group begins",
        "leaks the way home in the last hours of a file: it is not read",
        "SPEC 8",
        "ingest/file_times.py",
        "max(high for _, high in spans) + 1",
        "max(low for low, _ in spans)",
    ),
)
