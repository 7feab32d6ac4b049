"""Tests of `offduty.verify.redecide`."""
