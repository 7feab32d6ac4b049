"""Sets up a store, changes its signing key, and deletes old files."""
