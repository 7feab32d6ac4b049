"""Planted bugs in when a CSV is plain enough for Arrow, and in what map may be drawn: a value that is read otherwise than
the contract says, or a cell that tells about few. Each names the test that finds it.
"""

from __future__ import annotations

from tests.planted.bug import Bug, bug

COPIED, MAP = "tests/unit/ingest/test_plain_copy.py", "tests/unit/runs/test_map_page.py"
SURE = f"{COPIED}::test_arrow_answers_for_what_is_surely_a_ping_alone"
LEFT = f"{COPIED}::test_what_is_not_plain_is_left_to_the_statement"
VOUCHED = f"{COPIED}::test_arrow_answers_for_a_fix_that_the_device_and_its_receipt_vouch_for"
CELLS = f"{MAP}::test_a_cell_with_fewer_than_ten_is_refused"
CSV = "ingest/plain_csv.py"

PLAIN: dict[Bug, str] = {
    bug(
        "a number with a space about it is one",
        "leaks: an accuracy that cannot be read is read, and a poor fix seems good",
        "SPEC 2",
        CSV,
        "texts = None if self._has_padded_values(block) else self._typed(block)",
        "texts = self._typed(block)",
    ): f"{SURE}[(',10', ', 10')-True]",
    bug(
        "an hour with an offset and without minutes is an instant",
        "leaks: a time that the contract does not know is taken for the full hour",
        "SPEC 2",
        CSV,
        "in_utc | (with_offset & (text.lengths >= _SHORTEST_WITH_OFFSET)) |",
        "in_utc | with_offset |",
    ): f"{SURE}[('09:00:00Z', '09+01:00')-True]",
    bug(
        "an hour without minutes is an instant",
        "leaks: a time that the contract does not know is taken for the full hour",
        "SPEC 2",
        CSV,
        '(text.at(text.ends - 1) == ord("Z")) & (text.lengths >= _SHORTEST_IN_UTC)',
        '(text.at(text.ends - 1) == ord("Z"))',
    ): f"{SURE}[('09:00:00Z', '09Z')-True]",
    bug(
        "a word for nothing is a device",
        "leaks positions of nobody's device under whoever is called so",
        "SPEC 2",
        CSV,
        "sure: Bools = is_word & is_something & (text.lengths > 0)",
        "sure: Bools = is_word & (text.lengths > 0)",
    ): f"{SURE}[('d1', 'n7')-True]",
    bug(
        "an id of other letters is sure",
        "loses positions: its lookalikes are not found",
        "SPEC 2",
        CSV,
        "is_word = _LETTERS_AND_DIGITS[first] & _LETTERS_AND_DIGITS[text.at(text.ends - 1)]",
        "is_word = text.lengths > 0",
    ): f"{SURE}[('d1', '\\xe91')-True]",
    bug(
        "the place where no fix is said to be is one",
        "leaks: a device without a fix seems far from every protected place",
        "SPEC 2",
        CSV,
        " & ((lon != 0) | (lat != 0))",
        "",
    ): f"{SURE}[('-0.15,51.52', '0.0,-0')-True]",
    bug(
        "a longitude may be any number",
        "leaks: a place that is none seems far from every protected place",
        "SPEC 2",
        CSV,
        "sure &= (lon >= -180) & (lon <= 180) & (lat >= -90)",
        "sure &= (lat >= -90)",
    ): f"{SURE}[('-0.15', '180.1')-True]",
    bug(
        "a row without a latitude is a ping",
        "leaks: what has no place meets none",
        "SPEC 2",
        CSV,
        'sure = _is_there(columns["observed_at"], columns["lon"], columns["lat"])\n'
        "    sure &= (observed_us >= FIRST_US) & (observed_us <= LAST_US)\n"
        "    sure &= (lon >= -180) & (lon <= 180) & (lat >= -90) & (lat <= 90)",
        'sure = _is_there(columns["observed_at"], columns["lon"])\n'
        "    sure &= (observed_us >= FIRST_US) & (observed_us <= LAST_US)\n"
        "    sure &= (lon >= -180) & (lon <= 180) & ~(lat < -90) & ~(lat > 90)",
    ): f"{SURE}[('51.52', '')-True]",
    bug(
        "an accuracy may be infinite",
        "loses what the quarantine says of it",
        "SPEC 2",
        CSV,
        'sure &= np.isfinite(to_numpy(columns["accuracy_m"], np.float64)) | is_null(columns["accuracy_m"])',
        'sure &= ~np.isnan(to_numpy(columns["accuracy_m"], np.float64)) | is_null(columns["accuracy_m"])',
    ): f"{SURE}[(',10', ',inf')-True]",
    bug(
        "quotes within a value are taken away",
        "leaks: an id that has quotes in it is another device's",
        "SPEC 2",
        "ingest/plain_quotes.py",
        "(begins & ends).all()",
        "ends.all()",
    ): f"{LEFT}[quotes within a value]",
    bug(
        "what stands after quotes is a part of the value",
        "loses what the statement says of such a row",
        "SPEC 2",
        "ingest/plain_quotes.py",
        "(begins & ends).all()",
        "begins.all()",
    ): f"{LEFT}[a space after quotes]",
    bug(
        "ends of lines may be of two kinds",
        "leaks: the last value of a line has a letter too many",
        "SPEC 2",
        CSV,
        "        if not in_pairs or (len(ends)",
        "        if (len(ends)",
    ): f"{LEFT}[ends of two kinds]",
    bug(
        "an empty line is passed over",
        "loses the numbers of all rows that follow: the ledger is about others",
        "SPEC 2",
        CSV,
        'if table.num_rows != lines.count(b"\\n") + (lines[-1:] != b"\\n"):',
        "if table.num_rows < 0:",
    ): f"{LEFT}[an empty line]",
    bug(
        "a mark of UTF-8 within a file is passed over",
        "leaks: an id that begins with it is another one",
        "SPEC 2",
        CSV,
        "    return MARK_OF_UTF_8 not in block\n",
        "    return True\n",
    ): f"{LEFT}[a mark of UTF-8 within]",
    bug(
        "a ping that came before it was sent is one",
        "leaks: a clock that runs ahead is believed",
        "SPEC 2",
        CSV,
        "in_time = (received_us <= LAST_US) & (observed_us - _LATEST_RECEIPT_US <= received_us)",
        "in_time = received_us <= LAST_US",
    ): f"{VOUCHED}[2026-03-02T08:58:59Z-true-True]",
    bug(
        "a device that says it had no fix is believed all the same",
        "leaks: a place that the device itself does not know",
        "SPEC 2",
        CSV,
        '        sure &= to_bools(words) | is_null(columns["valid"])\n',
        "        del words\n",
    ): f"{VOUCHED}[2026-03-02T09:00:01Z-0-True]",
    bug(
        "a map draws a cell with nine officers",
        "tells about those few",
        "ANALYSES A4",
        "runs/map_page.py",
        ".between(MINIMUM, MOST)",
        ".between(MINIMUM - 1, MOST)",
    ): CELLS,
    bug(
        "a map draws a cell of which nobody knows",
        "tells where somebody is, and not how few",
        "ANALYSES A4",
        "runs/map_page.py",
        '~pd.to_numeric(cells["officers"], errors="coerce").between(MINIMUM, MOST)',
        'pd.to_numeric(cells["officers"], errors="coerce").lt(MINIMUM)',
    ): CELLS,
    bug(
        "a refusal names five cells and no more",
        "misleads: whoever leaves these out draws the others",
        "ANALYSES A4",
        "runs/map_page.py",
        'more = f" and {len(rows) - 5:,} more" if len(rows) > 5 else ""',
        'more = ""',
    ): CELLS,
    bug(
        "a map has exact numbers",
        "tells by how many two maps differ, and so about one",
        "ANALYSES A4",
        "runs/map_page.py",
        " // PEOPLE_STEP * PEOPLE_STEP",
        "",
    ): f"{MAP}::test_numbers_are_in_fives_rounded_down",
    bug(
        "what is wrong with a map is said without its small cells",
        "draws them as soon as the rest is mended",
        "ANALYSES A4",
        "runs/map_page.py",
        "    elif few := _at(",
        "    elif not wrong and (few := _at(",
        ("MINIMUM, MOST)):\n", "MINIMUM, MOST))):\n"),
    ): f"{MAP}::test_all_that_is_wrong_stands_in_one_error",
}
"""Each bug, and the test that finds it."""
