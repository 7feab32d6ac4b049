"""An officer's own copy: what was released, and under which roster entries."""
