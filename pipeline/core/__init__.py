"""What everything else builds on: errors, reasons, instants, intervals, identifiers of columns and versions."""
