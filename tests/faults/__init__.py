"""Everything that writes to a store, disturbed in every way."""
