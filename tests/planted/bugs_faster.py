"""Planted bugs in what was made faster: a large window settled in parts of time, rows of neighbours' files that are passed
over, quotes of a CSV that are taken away, and tables that are remembered from one day to the next; and in what looks for
an interrupt that a library lost. Each names the test that finds it.
"""

from __future__ import annotations

from tests.planted.bug import Bug, bug

PARTS, EDGES, LOCAL = "decision/settle_parts.py", "decision/edges.py", "engines/local.py"
NEEDED, JOIN = "decision/needed.py", "decision/join.py"
QUOTES, REMEMBERED = "ingest/plain_quotes.py", "runs/remembered.py"
EDGE = "tests/unit/decision/test_settle_parts.py::test_what_lies_across_the_edge_of_two_parts"
IN_PARTS = "tests/unit/engines/test_local.py::test_settling_in_parts_of_time_changes_nothing"
OWN_TIME = "tests/unit/decision/test_needed.py::test_each_device_has_its_own_time"
PASSED = "tests/unit/engines/test_passed_over.py"
COPIED = "tests/unit/ingest/test_plain_copy.py"
LEFT = f"{COPIED}::test_what_is_not_plain_is_left_to_the_statement"
DAYS = "tests/unit/runs/test_remembered.py"
REST = "tests/unit/runs/test_rest_of_files.py"
STOPPED = "tests/unit/core/test_interrupts.py"

FASTER: dict[Bug, str] = {
    bug(
        "a silence between two parts is none",
        "leaks a way of which nobody knows where it came from",
        "SPEC 5",
        PARTS,
        "        silent = after_silence(window, observed_us, self._max_gap_us)\n",
        "        silent, own = np.zeros(len(window), np.bool_), edged.own\n"
        "        silent[own] = after_silence(window[own], observed_us[own], self._max_gap_us)\n",
    ): f"{EDGE}[a silence]",
    bug(
        "whatever came before a part came from work",
        "leaks the way from home that began in the part before",
        "SPEC 5",
        EDGES,
        "np.where(self.edges.anchored, np.uint8(ANCHOR), np.uint8(CANDIDATE))",
        "np.full(len(self.inner), ANCHOR, np.uint8)",
    ): f"{EDGE}[a way from home]",
    bug(
        "no way crosses the edge of a part",
        "loses what lies between two places of work, in two parts",
        "SPEC 5",
        PARTS,
        "                edge = self._joined_after(before[part + 1], legs, self._starts[part + 1])\n",
        "                edge = before[part + 1]\n",
    ): f"{EDGE}[a way between two sites]",
    bug(
        "a place for everyone is passed anew in each part",
        "leaks a long stay at one that began in the part before: half of it seems to be passing by",
        "SPEC 5",
        EDGES,
        "np.where(self.edges.only_near, np.uint8(CONTACT_FOR_EVERYONE), np.uint8(CANDIDATE))",
        "np.full(len(self.inner), CANDIDATE, np.uint8)",
    ): f"{EDGE}[a stay that began before]",
    bug(
        "who goes home in the part after goes to work",
        "leaks the way home that ends in the part after",
        "SPEC 5",
        PARTS,
        "            return replace(edge, anchored=self.before[at], choice=self.choice_before[at])\n"
        "        return replace(edge, anchored=self.after[at],",
        "            return replace(edge, anchored=self.before[at], choice=self.choice_before[at])\n"
        "        return replace(edge, anchored=~self.after[at],",
    ): f"{EDGE}[a way home]",
    bug(
        "what waits is forgotten where the rest is settled in parts",
        "loses the pings of windows that have not ended yet",
        "SPEC 8",
        LOCAL,
        "return replace(self._settle_in_parts(stored, 0), left=left)",
        "return self._settle_in_parts(stored, 0)",
    ): f"{IN_PARTS}[432000]",
    bug(
        "no window is too large to be settled at once",
        "loses the night: the memory does not suffice",
        "SPEC 10",
        LOCAL,
        "if len(whole) <= self._inputs.limits.settled_rows:",
        "if len(whole) >= 0:",
    ): f"{IN_PARTS}[1073741824]",
    bug(
        "windows that were spilled are never too large",
        "loses the night: the memory does not suffice",
        "SPEC 10",
        LOCAL,
        "if spilled.rows(bucket) > self._inputs.limits.settled_rows:",
        "if spilled.rows(bucket) < 0:",
    ): f"{IN_PARTS}[1]",
    bug(
        "the first instant of a window beside the interval is not needed",
        "leaks the way from home that begins with the shift",
        "SPEC 1",
        NEEDED,
        "(us >= np.take(self.from_us, whose))",
        "(us > np.take(self.from_us, whose))",
    ): OWN_TIME,
    bug(
        "the last instant of a window beside the interval is not needed",
        "leaks the way home that ends with the shift",
        "SPEC 1",
        NEEDED,
        "(us < np.take(self.to_us, whose))",
        "(us < np.take(self.to_us, whose) - 1)",
    ): OWN_TIME,
    bug(
        "what lies before the interval is not needed",
        "leaks the way from home of a night that began on the day before",
        "SPEC 1",
        NEEDED,
        "        np.minimum.at(from_us, windows.device[meeting], windows.from_us[meeting])\n",
        "",
    ): f"{PASSED}::test_the_evening_of_a_night_is_not_passed_over",
    bug(
        "an officer's other device is needed in the interval alone",
        "leaks by the radio the way home that the phone hid on the day before",
        "SPEC 5",
        NEEDED,
        "    met: Bools = (begin[windows.cluster] < interval.to_us) & (windows.cluster_to > interval.from_us)\n"
        "    return met\n",
        "    return windows.meeting(interval)\n",
    ): OWN_TIME,
    bug(
        "a row without an instant is not needed",
        "loses it from the quarantine",
        "SPEC 8",
        NEEDED,
        "some[needed | untimed[some]]",
        "some[needed]",
    ): "tests/unit/decision/test_needed.py::test_a_row_without_an_instant_belongs_to_every_interval",
    bug(
        "rows that are passed over meet nothing",
        "loses the run: it stops although the ids are right",
        "SPEC 10",
        JOIN,
        "met=self.met + met,",
        "met=self.met,",
    ): f"{PASSED}::test_what_was_passed_over_meets_assignments",
    bug(
        "rows that are passed over have no time",
        "leaks what wrong statistics hide: nobody notices that a row is earlier than they say",
        "SPEC 8",
        JOIN,
        "span=_span(self.span, passed.observed_us),",
        "span=self.span,",
    ): f"{PASSED}::test_statistics_are_held_against_what_was_passed_over",
    bug(
        "what was passed over has no position that can be read",
        "loses the run: it stops although the positions are right",
        "SPEC 10",
        LOCAL,
        "if read.passed_over and read.misplaced + read.passed_over == read.pings:",
        "if read.passed_over < 0:",
    ): f"{PASSED}::test_positions_are_looked_for_in_what_was_passed_over",
    bug(
        "rows beside the interval count where they were read along",
        "misleads: how many positions are of unknown devices depends on the memory",
        "SPEC 8",
        JOIN,
        "join.asked.contains(observed_us[device == UNASSIGNED_DEVICE])",
        "_EVER.contains(observed_us[device == UNASSIGNED_DEVICE])",
    ): f"{REST}::test_the_manifest_counts_the_rows_of_the_interval",
    bug(
        "whether a run stops is known from what was read of a file",
        "loses the run where there is little memory: it stops although the ids are right",
        "SPEC 10",
        "runs/rest_of_files.py",
        "    if all(_says_enough(counts, file) for file in files):\n",
        "    if files:\n",
    ): f"{REST}::test_a_run_stops_by_the_whole_files[met on the day before]",
    bug(
        "a delimiter in quotes ends a value",
        "leaks: the values behind it are taken for other columns",
        "SPEC 2",
        QUOTES,
        "marks = np.flatnonzero((read == _QUOTE) | (read == ord(delimiter)) | (read == _LINE_FEED))",
        "marks = np.flatnonzero((read == _QUOTE) | (read == _LINE_FEED))",
    ): f"{LEFT}[a delimiter in quotes, and a value too few]",
    bug(
        "an end of a line in quotes ends a row",
        "loses the numbers of all rows that follow: the ledger is about others",
        "SPEC 2",
        QUOTES,
        "(read == ord(delimiter)) | (read == _LINE_FEED))",
        "(read == ord(delimiter)))",
    ): f"{COPIED}::test_quotes_hold_the_ends_of_lines_together",
    bug(
        "a quote in quotes is none",
        "leaks: an id with a quote in it is another device's",
        "SPEC 2",
        QUOTES,
        "    begins = (before == ord(delimiter)) | (before == _LINE_FEED)\n"
        "    ends = (after == ord(delimiter)) | (after == _LINE_FEED)",
        "    begins = (before == ord(delimiter)) | (before == _LINE_FEED) | (before == _QUOTE)\n"
        "    ends = (after == ord(delimiter)) | (after == _LINE_FEED) | (after == _QUOTE)",
    ): f"{LEFT}[a quote in quotes]",
    bug(
        "a quote that is never closed is none",
        "leaks: what the file holds together is read as several rows",
        "SPEC 2",
        QUOTES,
        "if len(quotes) % 2 or (closing",
        "if (closing",
    ): f"{LEFT}[a quote that does not end]",
    bug(
        "a value of nothing in quotes is two quotes",
        "loses the row: it seems to have an accuracy that cannot be read",
        "SPEC 2",
        QUOTES,
        "lines.translate(None, b'\"')",
        "lines.replace(b'\"\"', b\"''\").translate(None, b'\"')",
    ): f"{COPIED}::test_quotes_about_whole_values_are_no_reason_for_the_statement",
    bug(
        "a table is settled once for all days, also where it has changed",
        "leaks the day of which leave was recorded meanwhile",
        "SPEC 8",
        REMEMBERED,
        "return None if known is None or state is None or known[0] != state else known[1]",
        "return None if known is None or state is None else known[1]",
    ): f"{DAYS}::test_a_table_that_changed_is_settled_again",
    bug(
        "a file of pings is searched once, also where it has changed",
        "loses that a row of the tables touches the day: it is not run again",
        "SPEC 8",
        REMEMBERED,
        "if known is not None and state is not None and known[0] == state:",
        "if known is not None:",
    ): f"{DAYS}::test_pings_that_changed_are_searched_again",
    bug(
        "a file that changes while it is searched is remembered as it is then",
        "loses that a row of the tables touches the day: it is not run again",
        "SPEC 8",
        REMEMBERED,
        "        if state is not None and state_of_all([source]) == state:\n            self._devices[source.path] = state, found",
        "        if (state := state_of_all([source])) is not None:\n            self._devices[source.path] = state, found",
    ): f"{DAYS}::test_a_file_that_changes_while_it_is_searched_is_not_remembered",
    bug(
        "a file that has its old size has not changed",
        "leaks the day of which leave was recorded meanwhile, in a line as long as the one before",
        "SPEC 8",
        "ingest/source_file.py",
        "return stat.st_size, stat.st_mtime_ns, stat.st_ino",
        "return stat.st_size, 0, stat.st_ino",
    ): f"{DAYS}::test_a_table_of_the_same_size_has_changed[written]",
    bug(
        "a file in the place of another is that one",
        "leaks the day of which leave was recorded meanwhile, in a table that was put in its place",
        "SPEC 8",
        "ingest/source_file.py",
        "return stat.st_size, stat.st_mtime_ns, stat.st_ino",
        "return stat.st_size, stat.st_mtime_ns, 0",
    ): f"{DAYS}::test_a_table_of_the_same_size_has_changed[put in its place]",
    bug(
        "an interrupt that a library lost does not stop a run",
        "leaks a run that somebody stopped, and calls it published",
        "SPEC 10",
        "store/local.py",
        "    interrupts.check()\n    if store.remote is not None:\n",
        "    if store.remote is not None:\n",
    ): f"{STOPPED}::test_no_entry_is_added_after_a_lost_interrupt",
    bug(
        "an interrupt that a library lost does not stop a page",
        "misleads: a part of a page is taken for the whole",
        "SPEC 10",
        "cli/write_file.py",
        "            interrupts.check()\n",
        "",
    ): f"{STOPPED}::test_no_file_is_placed_after_a_lost_interrupt",
    bug(
        "what a library makes of an interrupt is a finding",
        "misleads: a store in which nothing is wrong fails",
        "SPEC 10",
        "verify/auditor.py",
        "    except Exception as error:\n        interrupts.check()\n",
        "    except Exception as error:\n",
    ): f"{STOPPED}::test_what_a_library_makes_of_an_interrupt_is_no_finding",
    bug(
        "the interrupt of another command stops this one",
        "loses a night that nobody stopped",
        "SPEC 10",
        "core/interrupts.py",
        "    _came, _is_watched = False, True\n",
        "    _is_watched = True\n",
    ): f"{STOPPED}::test_a_new_command_has_not_been_interrupted",
}
"""Each bug, and the test that finds it."""
