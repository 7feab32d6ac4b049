"""Works out which release and ledger should have been written, and compares them with what was."""
