"""The same question at its simplest in other tools: on duty by the roster, and not within 300 m of one's home.

No legs, no ledger, no log, no hashes, no quarantine; of the roster the latest version of each shift counts.
Each file is what a data engineer would write in an hour, reads the same four inputs and writes one Parquet file.
"""

AWAY_M = 300.0
ON_CODES = ("duty", "overtime", "court", "training")
COLUMNS = ("officer_id", "observed_at", "lon", "lat", "accuracy_m")
