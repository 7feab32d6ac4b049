-- Copies the pings of a text file into Parquet, and decides which rows are refused (the macro is_ping): with the types
-- of the contract and in the order of the file.
--
-- Needs, in this session:
--   input_text    the view of the text file: row, the columns of the contract and the extra columns of the policy as
--                 VARCHAR, and "offduty as_read", the whole row (offduty/ingest/text_files.py)
--   is_ping       a macro: whether a row passes every check of schemas/pings.odcs.yaml (offduty/ingest/ping_copy.py)
--   wall_offsets  a table: quarter, a quarter of an hour of wall time counted from 1970, and offset_us, its offset
--   macros.sql    the macros that read text
-- Parameters: $path of the copy; $first_us and $last_us, the first and the last instant that can be read; $zoned,
-- whether the job declares the table's time zone.
--
-- The copy has "offduty as_read" only where a row is not a ping: the quarantine shows such rows as they were read.
COPY (
    WITH
        typed AS (
            SELECT
                * REPLACE (
                    instant_from_text(observed_at) AS observed_at,
                    instant_from_text(received_at) AS received_at,
                    number_from_text(lon) AS lon,
                    number_from_text(lat) AS lat,
                    number_from_text(accuracy_m) AS accuracy_m
                ),
                CASE WHEN $zoned THEN wall_from_text(observed_at) END AS observed_wall,
                CASE WHEN $zoned THEN wall_from_text(received_at) END AS received_wall
            FROM input_text
        ),
        zoned AS (
            SELECT
                typed.* EXCLUDE (observed_wall, received_wall)
                REPLACE (
                    coalesce(typed.observed_at, observed_wall - observed.offset_us) AS observed_at,
                    coalesce(typed.received_at, received_wall - received.offset_us) AS received_at
                )
            FROM typed
            LEFT JOIN wall_offsets AS observed
                ON quarter_of(observed_wall) = observed.quarter
            LEFT JOIN wall_offsets AS received
                ON quarter_of(received_wall) = received.quarter
        ),
        in_calendar AS (
            SELECT
                * REPLACE (
                    CASE WHEN observed_at BETWEEN $first_us AND $last_us THEN observed_at END AS observed_at,
                    CASE WHEN received_at BETWEEN $first_us AND $last_us THEN received_at END AS received_at
                )
            FROM zoned
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
    FROM in_calendar
    ORDER BY row
) TO $path (FORMAT parquet, USE_TMP_FILE false);
