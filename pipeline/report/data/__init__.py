"""Collects the figures of a report from the store, its log and the inputs."""
