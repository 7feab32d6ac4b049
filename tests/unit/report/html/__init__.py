"""Tests of `offduty.report.html`."""
