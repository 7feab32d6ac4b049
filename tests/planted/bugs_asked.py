"""Planted bugs in the analyses: what would say more against somebody, or about fewer people, than may be said. Each names
the test that finds it.
"""

from __future__ import annotations

from tests.planted.bug import Bug, bug

PRESENCE, DAYS = "tests/unit/analyses/test_presence.py", "tests/unit/analyses/test_site_days.py"
AUDIT, SUMMARY = "tests/unit/analyses/test_roster_audit.py", "tests/unit/analyses/test_roster_summary.py"
INTERESTS = "tests/unit/analyses/test_interests.py"
DATE = {"recorded_at": "2026-03-04"}

ASKED: dict[Bug, str] = {
    bug(
        "a record time that is a date is taken for its end",
        "accuses: the record seems later than it was",
        "ANALYSES S3",
        "analyses/recorded_versions.py",
        "bad = ~found.readable | doubtful |",
        "bad = ~found.readable |",
    ): f"{AUDIT}::test_of_an_officer_with_a_row_that_cannot_be_read_exactly_nothing_is_said[{DATE}]",
    bug(
        "hours that were taken away are not counted",
        "only the employer's side is looked at",
        "ANALYSES S3",
        "analyses/roster_signals.py",
        "then & ~now, _first(kinds[2]",
        "then & now & ~now, _first(kinds[2]",
    ): f"{AUDIT}::test_hours_that_the_employer_takes_away_are_found_as_well",
    bug(
        "an own section has everybody's edits",
        "tells one officer about the others",
        "ANALYSES A4",
        "analyses/roster_audit.py",
        'self._listed(self.signals[mine & (me != "")])',
        "self._listed(self.signals)",
    ): f"{AUDIT}::test_the_list_of_edits_names_nobody_and_an_own_section_is_about_one",
    bug(
        "a sum that one person dominates is printed",
        "tells about that person",
        "ANALYSES A4",
        "analyses/common_rules.py",
        "return people >= MINIMUM and not dominated and",
        "return people >= MINIMUM and",
    ): f"{SUMMARY}::test_one_person_is_never_more_than_half_of_a_figure",
    bug(
        "what was recorded afterwards counts as duty that could have been seen",
        "accuses: work that nobody could see is called not visible",
        "ANALYSES S1",
        "analyses/eligible_duty.py",
        'why = np.where(on, "", RECORDED_AFTERWARDS)',
        'why = np.where(on, "", "")',
    ): f"{PRESENCE}::test_it_equals_the_oracle[0]",
    bug(
        "the ends of duty that are held back count as if they could be seen",
        "confirms what the filter never releases, and rounds up",
        "ANALYSES S1",
        "analyses/eligible_duty.py",
        'windows["from_us"].to_numpy()[window] + hold_us)',
        'windows["from_us"].to_numpy()[window])',
    ): f"{PRESENCE}::test_the_hold_at_both_ends_counts_for_nothing",
    bug(
        "one position by itself is a stretch",
        "confirms work that nobody did: an error of a receiver, or a drive past a site",
        "ANALYSES S1",
        "analyses/confirmed_time.py",
        "kept: pd.DataFrame = once[(np.append(near, False) | np.append(False, near))[: len(once)]]",
        "kept: pd.DataFrame = once",
    ): f"{PRESENCE}::test_a_window_is_confirmed_by_two_positions_that_are_near[minutes0-not visible]",
    bug(
        "of somebody who was never seen the windows are assessed",
        "tells who has no home on record",
        "ANALYSES S1",
        "analyses/presence.py",
        'windows["why"].where(ever | (windows["why"] != ""), NEVER_SEEN)',
        'windows["why"].where(windows["why"] == windows["why"], NEVER_SEEN)',
    ): f"{PRESENCE}::test_nothing_at_all",
    bug(
        "a share is printed although the others are few",
        "tells about those few",
        "ANALYSES A4",
        "analyses/presence_summary.py",
        "others = [] if almost else [_people(together[~confirmed])]",
        "others: list[dict[str, int]] = []",
    ): f"{PRESENCE}::test_a_share_is_about_ten_people_of_twenty_and_so_are_the_others",
    bug(
        "a day on site is counted by any position",
        "shows a target that was not met",
        "ANALYSES S4",
        "analyses/site_days.py",
        'days["site_us"] >= terms.least_minutes * MINUTE_US',
        'days["site_us"] > 0',
    ): f"{DAYS}::test_it_equals_the_oracle[0]",
    bug(
        "what was declared only afterwards counts as declared then",
        "accuses: whoever declares an interest has a finding for the time before",
        "ANALYSES S2",
        "analyses/declared_interests.py",
        "begin = max(then.valid_from_us, now.valid_from_us, then.recorded_us)",
        "begin = max(then.valid_from_us, now.valid_from_us)",
    ): f"{INTERESTS}::test_what_was_recorded_only_afterwards_takes_findings_away",
    bug(
        "duty that was recorded only afterwards is an overlap",
        "accuses: an edit of the roster makes a finding about an officer",
        "ANALYSES S2",
        "analyses/interests.py",
        'on = duty.windows[duty.windows["why"] != RECORDED_AFTERWARDS]',
        "on = duty.windows",
    ): f"{INTERESTS}::test_what_was_recorded_only_afterwards_takes_findings_away",
    bug(
        "a few minutes are an overlap",
        "accuses: a shift that ends a minute after a job begins",
        "ANALYSES S2",
        "analyses/interests.py",
        "if end - begin >= LEAST_US:",
        "if end > begin:",
    ): f"{INTERESTS}::test_an_overlap_has_a_quarter_of_an_hour[mon 15:46-17:00-expected1]",
    bug(
        "any position in an overlap clears it",
        "clears what nobody knows",
        "ANALYSES S2",
        "analyses/interests.py",
        "(2 * seen_us >= table",
        "(len(table) * HOUR_US * seen_us >= table",
    ): f"{INTERESTS}::test_half_of_an_overlap_clears_it[119-False]",
    bug(
        "eleven hours of rest are too few",
        "accuses: whoever has just the rest that the law asks for",
        "ANALYSES S2",
        "analyses/interests.py",
        "min(rests) < LEAST_REST_US",
        "min(rests) <= LEAST_REST_US",
    ): f"{INTERESTS}::test_rest_is_eleven_hours_in_one_piece[tue 03:00-05:00-expected1]",
    bug(
        "forty-eight hours are too many",
        "accuses: whoever works just as long as the law allows",
        "ANALYSES S2",
        "analyses/interests.py",
        "if total > WEEKS * MOST_A_WEEK_US",
        "if total >= WEEKS * MOST_A_WEEK_US",
    ): f"{INTERESTS}::test_forty_eight_hours_are_not_too_many",
    bug(
        "a review is overdue on the day it is due",
        "accuses a day too early",
        "ANALYSES S2",
        "analyses/interests.py",
        "midnight(now.review_by + timedelta(days=1), where) <= as_of_us",
        "midnight(now.review_by, where) <= as_of_us",
    ): f"{INTERESTS}::test_conditions_are_those_of_now",
    bug(
        "of an interest with a version that cannot be read the others count",
        "accuses by half of what was written",
        "ANALYSES S2",
        "analyses/declared_interests.py",
        "if len(read) < len(rows):",
        "if not read:",
    ): f"{INTERESTS}::test_an_interest_that_cannot_be_read_exactly_is_not_assessed[wrong0]",
    bug(
        "a register may have any column",
        "employers and addresses come along",
        "ANALYSES S2",
        "analyses/declared_interests.py",
        "if more or len({*columns}) < len(columns):",
        "if len({*columns}) < len(columns):",
    ): f"{INTERESTS}::test_a_register_has_no_place_no_employer_and_no_free_text",
    bug(
        "an own section has everybody's findings",
        "tells one officer about the others",
        "ANALYSES A4",
        "analyses/interests.py",
        'mine = self.findings[self.findings["officer"] == (clean_id(officer_id) or "")]',
        "mine = self.findings",
    ): f"{INTERESTS}::test_sentences_do_not_judge_and_name_nobody_else",
}
