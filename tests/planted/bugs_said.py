"""Planted bugs in what is said and who may read it: names that hold an id, keys and stores that are open to others, words
after something was published, tables that were kept for an auditor, values that two readers would read otherwise. No
store shows them, so `verify` has no part in it: each names the test that finds it.
"""

from __future__ import annotations

from tests.planted.bug import Bug, bug

NAMES, DOORS = "tests/cli/test_names.py", "tests/unit/store/test_doors.py"
TWICE = "tests/cli/test_errors_by_name.py::test_a_name_that_is_twice_in_json_stops_the_run"
DRAWN = "tests/unit/geofence/test_duplicate_names.py::test_a_geometry_with_a_name_twice_cannot_be_understood"
WORDS, SEALED = "tests/cli/test_true_words.py", "tests/unit/outputs/test_sealed_tables.py"

SAID: dict[Bug, str] = {
    bug(
        "a file keeps a name that holds an id",
        "leaks who has a device, to whoever reads the log",
        "SPEC 9",
        "ingest/quiet_names.py",
        "_quiet(source, prints) if holds_id(source.name, ids) else source for",
        "source for",
    ): f"{NAMES}::test_a_name_that_holds_an_id_is_nowhere[pings-CAR-1042.csv]",
    bug(
        "an id in other letters is none",
        "leaks who has a device: a name says it in capitals",
        "SPEC 9",
        "ingest/quiet_names.py",
        'unicodedata.normalize("NFKC", name).casefold()',
        'unicodedata.normalize("NFKC", name)',
    ): f"{NAMES}::test_a_name_that_holds_an_id_is_nowhere[pings-CAR-1042.csv]",
    bug(
        "a device that only positions name is none",
        "leaks its id, in the name of its file",
        "SPEC 9",
        "ingest/quiet_names.py",
        "        found |= {text for file in pings for text in _first_devices(file)}\n",
        "        pass\n",
    ): f"{NAMES}::test_a_name_that_holds_an_id_is_nowhere[pings-lonely9.csv]",
    bug(
        "a fault says the name",
        "leaks who has a device, in a message",
        "SPEC 9",
        "ingest/quiet_names.py",
        "return error if text == str(error) else InputError(text)",
        "return error",
    ): f"{NAMES}::test_a_fault_in_such_a_file_names_it_by_number_and_hash",
    bug(
        "a fault that comes early says the name",
        "leaks who has a device, in a message",
        "SPEC 9",
        "ingest/early_names.py",
        "return InputError(error.what, file=UNNAMED, row=error.row) if named else error",
        "return error",
    ): f"{NAMES}::test_a_fault_that_comes_before_the_tables_are_read_names_no_id[run-link-CAR-1042.csv]",
    bug(
        "a key that its group can read is a key",
        "leaks every pseudonym, to the group",
        "SPEC 9",
        "config/key_files.py",
        "OTHERS = stat.S_IRWXG | stat.S_IRWXO",
        "OTHERS = stat.S_IRWXO",
    ): f"{DOORS}::test_a_key_with_one_permission_more_is_refused",
    bug(
        "a key is refused where others can read it, not where they can change it",
        "leaks nothing at first: whoever changed the key knows it",
        "SPEC 9",
        "config/key_files.py",
        "mode & OTHERS:",
        "mode & OTHERS & (stat.S_IRGRP | stat.S_IROTH):",
    ): f"{DOORS}::test_a_key_with_one_permission_more_is_refused",
    bug(
        "a store that everybody can change is one",
        "loses the log, to whoever wants to change it",
        "SPEC 9",
        "store/permissions.py",
        "if _mode(folder) & stat.S_IWOTH]",
        "if _mode(folder) & stat.S_ISVTX]",
    ): f"{DOORS}::test_a_folder_with_one_permission_more_is_refused",
    bug(
        "a ledger that everybody can enter but not list is closed",
        "leaks reasons, to whoever knows the names of its files",
        "SPEC 9",
        "store/permissions.py",
        "if _mode(folder) & stat.S_IRWXO]",
        "if _mode(folder) & stat.S_IROTH]",
    ): f"{DOORS}::test_a_folder_with_one_permission_more_is_refused",
    bug(
        "the folders of runs are not looked at",
        "leaks the ledgers of old runs",
        "SPEC 9",
        "store/permissions.py",
        "return sorted(folder for folder in runs.iterdir() if folder.is_dir()) if runs.is_dir() else []",
        "return []",
    ): f"{DOORS}::test_a_folder_with_one_permission_more_is_refused",
    bug(
        "an answer that did not arrive is exit 0",
        "loses that nobody was told",
        "SPEC 8",
        "cli/console.py",
        "    return StorageError.exit_code\n",
        "    return 0\n",
    ): f"{WORDS}::test_what_was_done_is_done_and_said_truly[run, in JSON-standard output full]",
    bug(
        "what stands is not said",
        "loses that something was published: it is run again, or given up",
        "SPEC 8",
        "cli/console.py",
        'say(f"offduty: {not_printed(error)}; {stands}")',
        'say(f"offduty: {not_printed(error)}; nothing was published")',
    ): f"{WORDS}::test_what_was_done_is_done_and_said_truly[run, in JSON-standard output full]",
    bug(
        "a line that nobody reads ends the command",
        "loses the outcome: a run that was published ends with an error",
        "SPEC 8",
        "cli/console.py",
        "    except OSError as error:\n        _give_up(stream)\n        return error\n",
        "    except BlockingIOError as error:\n        _give_up(stream)\n        return error\n",
    ): f"{WORDS}::test_a_process_of_its_own_ends_so[a run whose words find no place]",
    bug(
        "kept tables are not sealed",
        "leaks every home, to whoever reads the store",
        "SPEC 8",
        "core/age.py",
        "age.encrypt(content, [known])",
        "content",
    ): f"{SEALED}::test_each_table_is_sealed_as_it_was_read",
    bug(
        "kept tables outlive their run",
        "leaks homes of years ago, to whoever has the identity",
        "SPEC 8",
        "store/retention.py",
        'document.get("sealed", {}).get("files", ()) if due else ()',
        "()",
    ): f"{SEALED}::test_they_expire_with_the_first_output",
    bug(
        "of a name that is twice in a line of NDJSON the first value counts",
        "leaks a leave that is written behind a duty",
        "SPEC 2",
        "ingest/text_files.py",
        "    if any(doubled for _, _, doubled in found):\n",
        "    if False:\n",
    ): f"{TWICE}[a line of the roster]",
    bug(
        "of a name that is twice in an object of GeoJSON the last value counts",
        "leaks what lies between a large radius and a small one",
        "SPEC 2",
        "ingest/plain_files.py",
        "if len(values) < len(pairs):",
        "if False:",
    ): f"{TWICE}[a place]",
    bug(
        "of a name that is twice in a geometry the last value counts",
        "leaks the home that the first value draws",
        "SPEC 2",
        "geofence/read_geometry.py",
        'if form == "json" and has_duplicate_name(value)',
        "if False",
    ): f"{DRAWN}[the near one first]",
    bug(
        "ids that only differ by what is not shown are different things",
        "leaks leave and homes of an id that was copied with a mark of direction",
        "SPEC 1",
        "core/ids.py",
        'unicodedata.normalize("NFKC", _shown(text))',
        'unicodedata.normalize("NFKC", text)',
    ): "tests/unit/core/test_ids.py::test_lookalikes_have_one_key",
}
"""Each bug, and the test that finds it."""
