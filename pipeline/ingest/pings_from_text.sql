-- The pings of a text file with the types of the contract, and which of its rows are refused (the macro is_ping).
--
-- offduty/ingest/ping_copy.py copies what this SELECT gives into Parquet. It has no ORDER BY and no join: then the copy
-- is in the order of the file (DuckDB's preserve_insertion_order), and all threads read. Where the table has a time zone
-- there is a join behind timed_text, and whoever copies adds an ORDER BY row. Of a plainly written CSV it is asked only
-- for the rows that Arrow may read otherwise, or that are no pings (offduty/ingest/plain_csv.py).
--
-- Needs, in this session:
--   timed_text   the view of the text file: row, the columns of the contract and the extra columns of the policy as
--                VARCHAR, but observed_at and received_at as microseconds since 1970 (UTC), and "offduty as_read", the
--                whole row (offduty/ingest/text_files.py)
--   is_ping      a macro: whether a row passes every check of schemas/pings.odcs.yaml (offduty/ingest/ping_copy.py)
--   macros.sql   the macros that read text
-- Parameters: $first_us and $last_us, the first and the last instant that can be read.
--
-- The copy has "offduty as_read" only where a row is not a ping: the quarantine shows such rows as they were read.
WITH
    typed AS (
        SELECT
            * REPLACE (
                CASE WHEN observed_at BETWEEN $first_us AND $last_us THEN observed_at END AS observed_at,
                CASE WHEN received_at BETWEEN $first_us AND $last_us THEN received_at END AS received_at,
                number_from_text(lon) AS lon,
                number_from_text(lat) AS lat,
                number_from_text(accuracy_m) AS accuracy_m
            )
        FROM timed_text
    )
SELECT
    * EXCLUDE (row, "offduty blank")
    REPLACE (
        make_timestamptz(observed_at) AS observed_at,
        make_timestamptz(received_at) AS received_at,
        CASE
            WHEN NOT is_ping(
                id_from_text(device_id),
                observed_at,
                received_at,
                lon,
                lat,
                CASE WHEN word_from_text(valid) IS NOT NULL THEN lower(valid) END
            )
                THEN as_json("offduty as_read")
        END AS "offduty as_read"
    )
FROM typed
