"""Makes an officer's own copy: what was released of him or her, and under which roster entries."""
