"""Connects runs to other people's tools: Dagster and OpenLineage."""
