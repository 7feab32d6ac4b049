-- Defines the view timed_text (see pings_from_text.sql) for pings whose table has no time zone: a time without an offset
-- is no instant. Its rows are in the order of the file.
--
-- Needs input_text, the view of the text file (offduty/ingest/text_files.py), and macros.sql.
CREATE OR REPLACE TEMP VIEW timed_text AS
SELECT
    * REPLACE (
        instant_from_text(observed_at) AS observed_at,
        instant_from_text(received_at) AS received_at
    )
FROM input_text;
