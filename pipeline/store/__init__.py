"""Keeps the runs: publishes each whole or not at all, in a folder or in an object store, and deletes what has expired."""
