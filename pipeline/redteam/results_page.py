"""The page of `offduty attack -o`: when, what and by which policy, a sentence for each attack, and every figure."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from offduty.redteam import summary
from offduty.redteam.results import HEAD, ResultRow, cells

SENTENCES = {
    1: "The first visible positions lie on the edge of a hidden circle; its centre is the home.",
    2: "Lengths of hidden ways, such as those of an odometer, say how far away the home is.",
    3: "The minutes between the start of the shift and the first visible position say how far away the home is.",
    4: "The middle of the first and last visible positions is near the home.",
    5: "The first visible movements point away from the home.",
    6: "Where somebody is at night is the home.",
    7: "The middle of many noisy positions is the true one.",
    8: "When nothing is visible, somebody may be at home.",
    9: "Files may hold remains of hidden positions.",
    10: "A few places and times fit one person only.",
    11: "Somebody edits the roster, and runs the filter again.",
    12: "How accurate a position says it is may tell that somebody is at home.",
    13: "A device in other hands shows one person as another.",
    14: "Logs, messages and temporary files may hold hidden positions.",
    15: "Two releases by two policies differ near homes.",
    16: "A phone that is silent at home leaves a silence with two ends near each other.",
    17: "When positions from home arrive late, a second release hides what the first one showed around it.",
    18: "Who has ledger and release can compare how many rows each device has in both.",
    19: "Places tell one week's pseudonym from another's, and the roster says whose it is.",
    20: "Somebody edits who had a device, where a home or a workplace is, and runs the filter again.",
}
STYLE = """
:root{color-scheme:light dark;--ink:#1f2933;--quiet:#52606d;--rule:#cbd2d9;--paper:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e4e7eb;--quiet:#9aa5b1;--rule:#3e4c59;--paper:#1b2129}}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:70rem;padding:1.5rem}
body{color:var(--ink);background:var(--paper)}
p.about{color:var(--quiet)}.wide{overflow-x:auto}pre{overflow-x:auto;font-size:14px}
table{border-collapse:collapse;font-size:14px}td,th{border-bottom:1px solid var(--rule);padding:3px 8px;text-align:left}
@media print{body{max-width:none}.wide,pre{overflow:visible}}
"""


def page(rows: Iterable[ResultRow], about: Iterable[str]) -> str:
    """A page without scripts. `about` are sentences that say when it was made, of what, and by which policy; the seeds
    are taken from the rows.
    """
    rows = list(rows)
    seeds = sorted({row.seed for row in rows})
    told = [*about, "Seed " + ", ".join(map(str, seeds)) + "." if seeds else ""]
    numbers = sorted({int(row.attack.split()[0]) for row in rows if row.attack.split()[0].isdigit()})
    sentences = "".join(f"<li value={number}>{escape(SENTENCES[number])}</li>" for number in numbers)
    used = [k for k in range(len(HEAD)) if any(cells(row)[k] for row in rows)]
    head = "".join(f'<th scope="col">{escape(HEAD[k] or "what was found")}</th>' for k in used)
    body = "".join("<tr>" + "".join(f"<td>{escape(cells(row)[k])}</td>" for k in used) + "</tr>" for row in rows)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Attacks on a release</title>'
        f"<style>{STYLE}</style></head><body><main><h1>Attacks on a release</h1>"
        f'<p><strong>{escape(summary.sentence(rows))}</strong></p><p class="about">{escape(" ".join(told).strip())}</p>'
        f'<h2>In short</h2><pre tabindex="0">{escape(summary.table(rows))}</pre>'
        f"<h2>What each attack does</h2><ol>{sentences}</ol>"
        f'<h2>Every figure</h2><div class="wide" tabindex="0" role="region" aria-label="Every figure">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></main></body></html>\n"
    )
