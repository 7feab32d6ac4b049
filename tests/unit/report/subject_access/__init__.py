"""Tests of `offduty.report.subject_access`."""
