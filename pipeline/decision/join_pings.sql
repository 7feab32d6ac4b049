-- Joins pings with the stretches of their devices: every row of `pings` comes out exactly once, as itself or in a count.
--
-- Needs, in this session:
--   pings               the rows: row (from 0); device, the number of a device, and $blank where none is named;
--                       observed_us and received_us, microseconds since 1970, and something else than an instant where
--                       none can be read; lon, lat; and valid as the checks of schemas/pings.odcs.yaml want it
--                       (valid_word.sql)
--   stretches           the stretches of devices that begin or end near the pings' time (offduty/duty/timeline.py):
--                       device, bucket, from_us, to_us, place, reason. Those of one device do not overlap. Beside duty
--                       the reason is greater by 64 in the hour before it, and by 128 in the hour after it: a part of a
--                       stretch with a row of its own (offduty/decision/around_duty.py).
--   first_failed_check  a macro: the first check of schemas/pings.odcs.yaml that is not true, or 0 (join.py)
-- Parameters: $first_us and $last_us, the first and the last instant that can be read; $from_us and $until_us, the time
-- to decide; $bits, by which an instant becomes a bucket; $off_duty, the reason whose rows stay.
--
-- A row stays in the engine only where it is proven to be a ping, of a device that is known, in the time to decide, and
-- plainly off duty. All others leave, with reason and rows NULL. What stays is in the counts, and what leaves is counted
-- there too: reason as in the stretches, rows, the sum of the rows' numbers in `row`, the first instant in `first_us` and
-- the last one in `last_us`.
WITH
    readable AS (
        SELECT
            row,
            nullif(device, $blank) AS device,
            CASE WHEN observed_us BETWEEN $first_us AND $last_us THEN observed_us END AS observed_us,
            CASE WHEN received_us BETWEEN $first_us AND $last_us THEN received_us END AS received_us,
            lon,
            lat,
            valid
        FROM pings
    ),
    placed AS (
        SELECT
            ping.*,
            stretch.place,
            stretch.reason,
            first_failed_check(
                ping.device,
                ping.observed_us,
                ping.received_us,
                ping.lon,
                ping.lat,
                ping.valid
            )::UTINYINT AS failed_check
        FROM readable AS ping
        LEFT JOIN stretches AS stretch
            ON ping.device = stretch.device
            AND ping.observed_us >> $bits = stretch.bucket
            AND ping.observed_us >= stretch.from_us
            AND ping.observed_us < stretch.to_us
    ),
    joined AS MATERIALIZED (
        SELECT
            row,
            observed_us,
            place,
            failed_check,
            CASE
                WHEN failed_check = 0 AND observed_us >= $from_us AND observed_us < $until_us THEN reason
            END AS reason
        FROM placed
    )
SELECT
    row,
    place,
    failed_check,
    NULL::UTINYINT AS reason,
    NULL::BIGINT AS rows,
    NULL::BIGINT AS first_us,
    NULL::BIGINT AS last_us
FROM joined
WHERE (reason & 63 = $off_duty) IS NOT TRUE
UNION ALL
SELECT
    sum(row)::BIGINT,
    NULL,
    NULL,
    reason,
    count(*),
    min(observed_us),
    max(observed_us)
FROM joined
GROUP BY reason
