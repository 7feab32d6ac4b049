"""The table for people has 80 columns and ends with a sentence; the page says when, what and how."""

from __future__ import annotations

from dataclasses import replace

from offduty.pages.language import ENGLISH, language
from offduty.redteam import results_page, summary
from offduty.redteam.results import FILTER, HOLDS, KNOWN, ResultRow

ROW = ResultRow("4 median of ends", "this store", "none", 500, 9, 60, 7, hits=420, of=500)
ROWS = [
    ROW,
    replace(ROW, mask="circle 200 m", hits=12),
    replace(ROW, mask=FILTER, hits=0, verdict=HOLDS, line="lift <= 1.5"),
    replace(ROW, attack="16 a name that is much too long for its column", mask=FILTER, hits=3, verdict=KNOWN),
    ResultRow(
        "13 hand-over", "this store", FILTER, 500, 9, 60, 7, finding="0 rows under another's duty", verdict=HOLDS
    ),
]


def test_a_line_for_each_attack_and_a_sentence_at_the_end():
    """What is not there is empty; what is known has a note; what is not about homes stands below."""
    text = summary.table(ROWS).splitlines()
    assert max(map(len, text)) <= 80
    line = next(line for line in text if line.startswith("4 median"))
    assert line.split()[4:] == ["420", "of", "500", "12", "of", "500", "0", "of", "500", "holds"]
    assert "13 hand-over: 0 rows under another's duty: holds" in text
    assert any(line.endswith("CROSSED*") for line in text) and any(line.startswith("* known") for line in text)
    assert " ".join(text[-2:]).strip() == "An attacker finds 420 of 500 homes in the raw feed, 3 of 500 in the release."


def test_the_sentence_says_who_has_the_roster_and_what_was_not_tried():
    """Attack 3 needs it; without the raw feed only the release is spoken of."""
    assert summary.sentence([replace(ROWS[2], attack="3 duty-start gap")]) == (
        "An attacker with the roster finds 0 of 500 homes in the release."
    )
    assert summary.sentence([ROWS[-1]]) == "No attack on homes was made."
    assert summary.sentence([replace(ROWS[2], of=1)]) == "An attacker finds 0 of 1 home in the release."


def test_a_world_is_named_where_there_are_several_and_the_policy_of_init_stands_for_the_filter():
    """The rules of version 1 are there to calibrate, and are not what is promised."""
    init = replace(ROW, world="60 m", mask="what init proposes", hits=0, verdict=HOLDS)
    text = summary.table([*ROWS[:2], init, replace(init, world="home", mask=FILTER, hits=400)])
    assert "4 median of ends, 60" in text
    assert text.endswith("0 of 500 in the release.")


def test_the_page_has_a_sentence_for_each_attack_and_no_script():
    """It says when it was made and by which policy; every number from 1 to 20 has a sentence."""
    page = results_page.page(ROWS, ["Made on 2026-11-26."]).decode()
    assert "Made on 2026-11-26. Seed 7." in page and ENGLISH.say("attack_does.16") in page and "<script" not in page
    assert "attack_does.20" in ENGLISH.messages and "attack_does.21" not in ENGLISH.messages
    assert all(f"attack_does.{number}" in ENGLISH.messages for number in range(1, 21))


def test_the_page_in_german_marks_what_stays_in_english():
    """Its own sentences are German; the names of attacks and what they found are not, and say so."""
    page = results_page.page(ROWS, [], language("de")).decode()
    assert language("de").say("attack_does.16") in page and "Startwert 7." in page
    assert '<span lang="en-GB">4 median of ends</span>' in page
