"""Makes the pack that representatives, a data protection officer and a works council sit over."""
