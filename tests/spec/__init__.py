"""The rules as worked examples: one file for each reason."""
