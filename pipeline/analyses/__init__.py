"""What an employer may ask, answered without a position off duty: one module for each question."""
