"""Tests of `offduty.synth`."""
