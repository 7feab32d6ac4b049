"""Stores runs, in a folder or an object store: publishes each completely or not at all, and deletes expired files."""
