"""Makes pages: one template for all of them, and sentences from one catalogue, in the reader's language."""
