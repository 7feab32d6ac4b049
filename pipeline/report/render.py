"""Renders the page of a report from its content: the summary, nine sections and the footer."""

from __future__ import annotations

from offduty.pages.page import code
from offduty.pages.page import render as render_page
from offduty.report.content import ReportContent
from offduty.report.sections.coverage import coverage
from offduty.report.sections.glossary import glossary
from offduty.report.sections.log_entries import log_entries
from offduty.report.sections.map import map_of_released
from offduty.report.sections.outcomes import outcomes
from offduty.report.sections.policy import policy
from offduty.report.sections.reading import reading
from offduty.report.sections.summary import summary
from offduty.report.sections.verification import changes, verification


def render(content: ReportContent) -> bytes:
    """The report as one HTML file, in UTF-8."""
    sections = [
        policy(content),
        outcomes(content),
        reading(content),
        coverage(content),
        map_of_released(content),
        verification(content),
        log_entries(content),
        changes(content),
        glossary(content),
    ]
    return render_page(
        "report.html", content.language, sections=sections, command=code("offduty report"), **summary(content)
    )
