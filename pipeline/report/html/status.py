"""Shows how a check ended: a mark, a colour and the word."""

from __future__ import annotations

from offduty.pages.elements import Markup, el
from offduty.verify.verdict import Status

MARKS = {Status.PASS: "✓", Status.FAIL: "✗", Status.NOT_DONE: "○", Status.DOES_NOT_APPLY: "–"}
STATUS_CLASSES = {
    Status.PASS: "pass",
    Status.FAIL: "fail",
    Status.NOT_DONE: "undone",
    Status.DOES_NOT_APPLY: "undone",
}


def status_mark(status: Status) -> Markup:
    """How a check ended: a mark, a colour and the word."""
    mark = el("span", MARKS[status], aria_hidden="true")
    return el("strong", mark, f" {status}", class_=f"status {STATUS_CLASSES[status]}")
