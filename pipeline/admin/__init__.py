"""What is done to a store besides runs: it is set up, its key is changed, old files expire."""
