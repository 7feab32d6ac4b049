-- Copies the pings of a text file into Parquet, with the types of the contract and in the order of the file.
--
-- Needs, in this session:
--   input_text   the view of the text file: row, the columns of the contract and the extra columns of the policy as
--                VARCHAR, and "offduty as_read", the whole row as JSON (offduty/ingest/text_files.py)
--   is_ping      a macro: whether a row passes every check of schemas/pings.odcs.yaml (offduty/ingest/ping_files.py)
--   macros.sql   the macros that read text
-- Parameters: $path of the copy; $as_of_us of the run; $first_us and $last_us, the first and the last instant that can
-- be read.
--
-- The copy has "offduty as_read" only where a row is not a ping: the quarantine shows such rows as they were read.
COPY (
    WITH
        typed AS (
            SELECT
                * REPLACE (
                    instant_from_text(observed_at) AS observed_at,
                    number_from_text(lon) AS lon,
                    number_from_text(lat) AS lat,
                    number_from_text(nullif(accuracy_m, '')) AS accuracy_m
                )
            FROM input_text
        ),
        in_calendar AS (
            SELECT * REPLACE (CASE WHEN observed_at BETWEEN $first_us AND $last_us THEN observed_at END AS observed_at)
            FROM typed
        )
    SELECT
        * EXCLUDE (row)
        REPLACE (
            make_timestamptz(observed_at) AS observed_at,
            CASE WHEN NOT is_ping(device_id, observed_at, lon, lat, $as_of_us) THEN "offduty as_read" END
                AS "offduty as_read"
        )
    FROM in_calendar
    ORDER BY row
) TO $path (FORMAT parquet, USE_TMP_FILE false);
