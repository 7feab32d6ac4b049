"""The checks by number: each looks at one thing and says PASS, FAIL or NOT DONE."""
