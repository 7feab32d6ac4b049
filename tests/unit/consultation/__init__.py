"""The pack."""
