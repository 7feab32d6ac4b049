"""A simple form of the same question in other tools: on duty by the roster, and farther than 300 m from one's home.

There are no legs, ledger, log, hashes or quarantine; only the latest version of each shift counts. Each file is what a
data engineer would write in an hour. It reads the same four inputs and writes one Parquet file.
"""

AWAY_M = 300.0
ON_CODES = ("duty", "overtime", "court", "training")
COLUMNS = ("officer_id", "observed_at", "lon", "lat", "accuracy_m")
