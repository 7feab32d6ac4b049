"""What every other folder builds on: errors, reasons, instants, intervals, addresses of stores, and versions."""
