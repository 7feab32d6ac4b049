"""Connects runs to other tools: Dagster and OpenLineage."""
