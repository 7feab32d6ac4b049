"""Tests of `offduty.verify.parquet`."""
