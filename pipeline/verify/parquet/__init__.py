"""Reads a Parquet file byte by byte, without a Parquet library, so that nothing in it is left unread."""
