"""Tests of `offduty.integrations`."""
