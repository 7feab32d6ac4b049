"""Tests of the Spark engine: it gives the same reasons and the same bytes as the local one."""
