"""Makes the page of a report out of its facts: the head, seven parts and the foot."""

from __future__ import annotations

from pipeline.report.closing import closing, foot
from pipeline.report.covered import covered
from pipeline.report.facts import Facts
from pipeline.report.happened import happened
from pipeline.report.mapped import mapped
from pipeline.report.opening import opening
from pipeline.report.page import page
from pipeline.report.proved import changed, proved
from pipeline.report.rules import rules


def render(told: Facts) -> bytes:
    """The report as one HTML file."""
    parts = [
        rules(told), happened(told), covered(told), mapped(told), proved(told), changed(told), closing(told),
    ]  # fmt: skip
    return page("What was released, and what stayed hidden", opening(told), parts, foot())
