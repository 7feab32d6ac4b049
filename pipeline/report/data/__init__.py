"""Collects the figures of a report from store, log and inputs."""
