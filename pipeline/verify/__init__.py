"""What an auditor runs: checks on a copied store, by other hands than the filter's."""
