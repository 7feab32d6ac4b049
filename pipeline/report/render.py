"""Makes the page of a report out of its facts: the head, seven parts and the foot."""

from __future__ import annotations

from offduty.report.content import ReportContent
from offduty.report.html.page import page
from offduty.report.sections.coverage import covered
from offduty.report.sections.glossary import closing, foot
from offduty.report.sections.map import mapped
from offduty.report.sections.outcomes import happened
from offduty.report.sections.policy import rules
from offduty.report.sections.summary import opening
from offduty.report.sections.verification import changed, proved


def render(told: ReportContent) -> bytes:
    """The report as one HTML file."""
    parts = [
        rules(told),
        happened(told),
        covered(told),
        mapped(told),
        proved(told),
        changed(told),
        closing(told),
    ]
    return page("What was released, and what stayed hidden", opening(told), parts, foot())
