"""Makes an analysis again that the log names, in plain Python: it shares nothing with the code that answered."""
