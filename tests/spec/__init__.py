"""The rules as worked examples, one file a reason."""
