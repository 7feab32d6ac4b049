"""Tests of `offduty.admin`."""
