-- Joins pings with the stretches of their devices: every row of `pings` comes out exactly once, as itself or in a count.
--
-- Needs, in this session:
--   pings               the rows: row (from 0), and the columns of schemas/pings.odcs.yaml, instants as TIMESTAMPTZ and
--                       valid as its checks want it (valid_word.sql)
--   stretches           the stretches of devices that begin or end near the pings' time (offduty/duty/timeline.py):
--                       device_id, bucket, from_us, to_us, place, reason. Those of one device do not overlap. Beside duty
--                       the reason is greater by 64 in the hour before it, and by 128 in the hour after it: a part of a
--                       stretch with a row of its own (offduty/decision/around_duty.py).
--   first_failed_check  a macro: the first check of schemas/pings.odcs.yaml that is not true, or 0 (join.py)
-- Parameters: $first_row and $last_row, which rows (the last is not one of them); $first_us and $last_us, the first and
-- the last instant that can be read; $from_us and $until_us, the time to decide; $bits, by which an instant becomes a
-- bucket; $off_duty, the reason whose rows stay.
--
-- A row stays in the engine only where it is proven to be a ping, of exactly this device, in the time to decide, and
-- plainly off duty. All others leave, with reason and rows NULL. What stays is in the counts, and what leaves is counted
-- there too: reason as in the stretches, rows, the sum of the rows' numbers in `row`, the first instant in `observed_at`
-- and the last one in `last_at`.
WITH
    readable AS (
        SELECT
            *,
            CASE
                WHEN observed_at BETWEEN make_timestamptz($first_us) AND make_timestamptz($last_us)
                    THEN epoch_us(observed_at)
            END AS observed_us,
            CASE
                WHEN received_at BETWEEN make_timestamptz($first_us) AND make_timestamptz($last_us)
                    THEN epoch_us(received_at)
            END AS received_us
        FROM pings
        WHERE row >= $first_row AND row < $last_row
    ),
    placed AS (
        SELECT
            ping.*,
            stretch.place,
            stretch.reason,
            first_failed_check(
                ping.device_id,
                ping.observed_us,
                ping.received_us,
                ping.lon,
                ping.lat,
                ping.valid
            )::UTINYINT AS failed_check
        FROM readable AS ping
        LEFT JOIN stretches AS stretch
            ON ping.device_id = stretch.device_id
            AND ping.observed_us >> $bits = stretch.bucket
            AND ping.observed_us >= stretch.from_us
            AND ping.observed_us < stretch.to_us
    ),
    joined AS MATERIALIZED (
        SELECT
            row,
            observed_at,
            lon,
            lat,
            accuracy_m,
            place,
            failed_check,
            CASE WHEN place IS NULL OR failed_check > 0 THEN device_id END AS device_id,
            CASE
                WHEN failed_check = 0 AND observed_us >= $from_us AND observed_us < $until_us THEN reason
            END AS reason
        FROM placed
    )
SELECT
    row,
    device_id,
    observed_at,
    lon,
    lat,
    accuracy_m,
    place,
    failed_check,
    NULL::UTINYINT AS reason,
    NULL::BIGINT AS rows,
    NULL::TIMESTAMPTZ AS last_at
FROM joined
WHERE (reason & 63 = $off_duty) IS NOT TRUE
UNION ALL
SELECT
    sum(row)::BIGINT,
    NULL,
    min(observed_at),
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    reason,
    count(*),
    max(observed_at)
FROM joined
GROUP BY reason
