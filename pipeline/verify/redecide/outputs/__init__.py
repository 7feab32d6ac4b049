"""Works out which rows the release should have, and compares them with those that were published."""
