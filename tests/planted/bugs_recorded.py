"""Planted bugs in what the log says of a comparison of policies and of a pack, and in what `verify` refuses of it: who was
not told that a policy was weighed, or could be told something else. Each names the test that finds it.
"""

from __future__ import annotations

from tests.planted.bug import Bug, bug

COMPARED, PACK = "tests/unit/analyses/test_policy_comparison.py", "tests/unit/consultation/test_pack.py"
LIFTS, COUNTED = "tests/cli/test_compare_lifts.py", "tests/unit/analyses/test_made_up_answers.py"
AGAIN = f"{COMPARED}::test_a_comparison_is_made_again"
COMMAND = f"{COMPARED}::test_from_the_command_line"
ONE_PACK = f"{PACK}::test_the_log_says_that_a_pack_was_made_and_the_next_pack_does_not"
STAFF = f"{COMPARED}::test_no_question_about_staff_hides_under_the_name_of_a_comparison"
NOBODY = f"{COMPARED}::test_a_comparison_of_what_nobody_has_is_found"

RECORDED: dict[Bug, str] = {
    bug(
        "a comparison names the policy that is in force, and not the one that was weighed",
        "misleads: representatives look for the wrong policy",
        "how-to/log#what-was-asked",
        "cli/compare.py",
        'policy_sha256=str(found.other["policy_sha256"])',
        'policy_sha256=str(found.one["policy_sha256"])',
    ): AGAIN,
    bug(
        "a comparison names no run",
        "hides what was weighed against what",
        "how-to/log#what-was-asked",
        "cli/compare.py",
        "runs=[run_id for run_id in dict.fromkeys(both) if run_id in here]",
        "runs=[]",
    ): AGAIN,
    bug(
        "the reason of a comparison is forgotten",
        "hides why it was asked",
        "how-to/log#what-was-asked",
        "cli/compare.py",
        "        because=because,\n",
        '        because="",\n',
    ): COMMAND,
    bug(
        "the sides of a comparison are exchanged in its entry",
        "misleads: what is proposed looks like what is in force",
        "how-to/log#what-was-asked",
        "cli/compare.py",
        'dict(zip(("one", "other"), both, strict=True))',
        'dict(zip(("other", "one"), both, strict=True))',
    ): COMMAND,
    bug(
        "the entry has the digest of one table under the name of another",
        "hides what was said",
        "how-to/log#what-was-asked",
        "cli/compare.py",
        "CHANGES: csv_bytes(found.table), REASONS: csv_bytes(found.reasons)",
        "CHANGES: csv_bytes(found.reasons), REASONS: csv_bytes(found.reasons)",
    ): AGAIN,
    bug(
        "a comparison is answered although its entry cannot be written",
        "hides that a policy was weighed",
        "how-to/log#what-was-asked",
        "cli/compare.py",
        "    log_asked(_store_of(other), asked, signing, files)\n    put_files(output, files, force)\n",
        "    put_files(output, files, force)\n    log_asked(_store_of(other), asked, signing, files)\n",
    ): f"{COMPARED}::test_without_an_entry_there_is_no_comparison",
    bug(
        "a comparison is in the log of its first side",
        "hides it from those who watch the store of the trial",
        "how-to/log#what-was-asked",
        "cli/compare.py",
        "log_asked(_store_of(other)",
        "log_asked(_store_of(one)",
    ): f"{COUNTED}::test_another_hand_counts_the_same",
    bug(
        "what real releases confirm is compared, too",
        "tells about staff without terms that were agreed on",
        "ANALYSES S7",
        "cli/made_up_force.py",
        'fingerprint(key) != toy or any(document["keys"].get("pseudonym") != toy for _, document in sides)',
        'any(document["keys"].get("pseudonym") == "" for _, document in sides)',
    ): f"{COUNTED}::test_of_real_people_a_trial_or_another_roster_it_is_refused",
    bug(
        "the truth may be about any positions",
        "misleads: of people who live elsewhere no home is found",
        "ANALYSES S7",
        "cli/made_up_lifts.py",
        'return path.is_file() and pq.read_metadata(path).num_rows == given["rows"]',
        "return path.is_file()",
    ): f"{LIFTS}::test_of_anybody_else_it_is_refused[other positions-not about the positions that the runs read]",
    bug(
        "an attacker looks for a rim of 200 m under any policy",
        "misleads: another buffer seems to give nothing away",
        "threat-model#attack-1",
        "redteam/ground_truth.py",
        'RECORDED_M + float(policy["places"]["buffer_m"])',
        "RECORDED_M + 200.0",
    ): f"{LIFTS}::test_the_radius_that_an_attacker_looks_for_is_that_of_the_policy",
    bug(
        "both sides are attacked in the second release",
        "misleads: a policy seems to give away no more than another",
        "ANALYSES S7",
        "cli/made_up_lifts.py",
        "_attacked(Job.of(job), truth, *side) for side in sides",
        "_attacked(Job.of(job), truth, *sides[-1]) for side in sides",
    ): f"{LIFTS}::test_the_lifts_are_those_of_the_red_team_on_each_store[one]",
    bug(
        "a pack names the digest of the rules as that of the file",
        "loses what was signed: a comment may mislead those who read the file",
        "how-to/log#what-was-asked",
        "consultation/gather.py",
        'names = {"policy_file": self.policy.file_sha256}',
        'names = {"policy_file": self.policy.rules.sha256}',
    ): ONE_PACK,
    bug(
        "a pack does not say which other policy it weighs",
        "hides a policy from those who sit over the pack",
        "how-to/log#what-was-asked",
        "consultation/gather.py",
        "        if self.other is not None:\n            names",
        "        if self.other is None:\n            names",
    ): ONE_PACK,
    bug(
        "a pack that was made again adds an entry each time",
        "loses the sameness of bytes: the log grows by being looked at",
        "adr/014",
        "cli/consult.py",
        'if entry.document["outputs"] == outputs), None)',
        'if entry.document["outputs"] == []), None)',
    ): ONE_PACK,
    bug(
        "a pack is put down although its entry cannot be written",
        "hides that a pack was made",
        "adr/014",
        "cli/consult.py",
        '            log_asked(location, replace(pack.asked, because=because or ""), signing, files)\n',
        "            for name, content in files.items():\n                put(output / name, content, force)\n"
        '            log_asked(location, replace(pack.asked, because=because or ""), signing, files)\n',
    ): f"{PACK}::test_a_pack_that_cannot_be_recorded_is_not_made",
    bug(
        "a parameter of a comparison may be any text",
        "hides a question about somebody under the name of a comparison",
        "adr/014",
        "verify/manifest_analysis.py",
        "for name, value in self.parameters.items() if HEX.fullmatch(value)}",
        "for name, value in self.parameters.items() if value}",
        ('"compare": ({"one": 32, "other": 32},)', '"compare": ({"one": 32, "other": 32}, {"one": 2, "other": 32})'),
    ): f"{STAFF}[change5]",
    bug(
        "a comparison may name who asked",
        "hides a question about staff, for a recipient whom nobody agreed to",
        "adr/014",
        "verify/manifest_analysis.py",
        "names is not None and (self.role or self.declarations",
        "names is not None and (self.declarations",
    ): f"{STAFF}[change2]",
    bug(
        "a comparison may have an answer of any kind",
        "hides a question about staff under the name of a comparison",
        "adr/014",
        "verify/manifest_analysis.py",
        "(listed not in names or self.tables or self.pseudonym)",
        "(self.tables or self.pseudonym)",
    ): f"{STAFF}[change1]",
    bug(
        "8.1 passes a comparison with what no log names",
        "hides what was weighed: 8.2 can look at nothing",
        "how-to/log#what-was-asked",
        "verify/checks/analyses.py",
        'if sides["other"] not in before:',
        'if sides["other"] in before and not before:',
    ): f"{NOBODY}[change0-no run or trial of the log]",
    bug(
        "8.1 passes a comparison that names other runs than it read",
        "hides what was weighed",
        "how-to/log#what-was-asked",
        "verify/checks/analyses.py",
        'if set(entry.document["runs"]) != before & set(sides.values()):',
        'if set(entry.document["runs"]) - before:',
    ): f"{NOBODY}[change1-are not the two]",
    bug(
        "8.1 passes what is said of releases of real people",
        "hides a question about staff that nobody agreed to",
        "ANALYSES S7",
        "verify/checks/analyses.py",
        "        _made_up(check, log, entry)\n",
        "",
    ): f"{LIFTS}::test_what_releases_of_real_people_confirm_is_found",
    bug(
        "8.2 looks at no digest of a table",
        "passes figures that the ledgers do not give",
        "how-to/log#what-was-asked",
        "verify/checks/tables_again.py",
        'if output.get("sha256") != hashlib.sha256(content).hexdigest():',
        "if name not in named:",
    ): f"{COMPARED}::test_a_comparison_that_was_changed_is_found[comparison.csv-comparison.csv is not what]",
    bug(
        "8.2 does not count a made-up force again",
        "passes windows and days that the releases do not give",
        "ANALYSES S7",
        "verify/checks/policies_again.py",
        'compare_tables(check, entry, {MADE_UP_TABLE: made_up_again(sides, given)}, "the releases give")',
        'compare_tables(check, entry, {}, "the releases give")',
    ): f"{COUNTED}::test_another_hand_finds_a_count_that_is_wrong[windows]",
    bug(
        "8.2 counts a release that was changed since",
        "misleads: a count seems wrong that was right",
        "ANALYSES S7",
        "verify/checks/policies_again.py",
        'any(_unchanged(store, run, "release/") is None for',
        "any(not run.document for",
    ): f"{LIFTS}::test_a_release_that_was_changed_is_not_counted_again",
    bug(
        "8.2 counts by a roster that was changed since",
        "misleads: a count seems wrong that was right",
        "ANALYSES S7",
        "verify/checks/made_up_again.py",
        "return path is not None and same_bytes(path, source)",
        "return path is not None",
    ): f"{LIFTS}::test_what_is_added_is_made_again_but_for_the_lifts",
    bug(
        "8.2 says nothing of lifts that nobody made again",
        "misleads: what was not looked at passes",
        "ANALYSES S7",
        "verify/checks/policies_again.py",
        "        check.not_done(_why(entry, LIFTS_NOT_AGAIN))\n",
        "        pass\n",
    ): f"{LIFTS}::test_what_is_added_is_made_again_but_for_the_lifts",
}
"""Each bug, and the test that finds it."""
