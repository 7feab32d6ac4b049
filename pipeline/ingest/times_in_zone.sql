-- Defines the view timed_text (see pings_from_text.sql) for pings whose table has a time zone: a time without an offset
-- becomes an instant where it is exactly one in that zone. Its rows are in no order.
--
-- Needs, in this session:
--   input_text    the view of the text file (offduty/ingest/text_files.py)
--   wall_offsets  a table: quarter, a quarter of an hour of wall time counted from 1970, and offset_us, its offset
--   macros.sql    the macros that read text
CREATE OR REPLACE TEMP VIEW timed_text AS
WITH
    clocks AS (
        SELECT
            * REPLACE (
                instant_from_text(observed_at) AS observed_at,
                instant_from_text(received_at) AS received_at
            ),
            wall_from_text(observed_at) AS observed_wall,
            wall_from_text(received_at) AS received_wall
        FROM input_text
    )
SELECT
    clocks.* EXCLUDE (observed_wall, received_wall)
    REPLACE (
        coalesce(clocks.observed_at, observed_wall - observed.offset_us) AS observed_at,
        coalesce(clocks.received_at, received_wall - received.offset_us) AS received_at
    )
FROM clocks
LEFT JOIN wall_offsets AS observed
    ON quarter_of(observed_wall) = observed.quarter
LEFT JOIN wall_offsets AS received
    ON quarter_of(received_wall) = received.quarter;
