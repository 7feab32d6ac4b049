"""Makes the report page for a hearing, a works council or a data protection officer, and an officer's own copy."""
