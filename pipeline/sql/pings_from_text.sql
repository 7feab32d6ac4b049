-- A text file of pings with the types of the contract, in the order of the file. Text that is not a number is NaN, which is
-- not the same as no text; an instant without an offset is UTC. `as_read` keeps the whole row where it cannot be read as a ping.
WITH written AS ({text}),
typed AS (
    SELECT
        row,
        device_id,
        CASE
            WHEN regexp_full_match(trim(observed_at), '\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)?)?')
            THEN epoch_us(try_cast(
                regexp_replace(regexp_replace(trim(observed_at), '(\.\d{6})\d+', '\1'), '([+-]\d\d)(\d\d)$', '\1:\2')
                AS TIMESTAMPTZ))
        END AS observed_us,
        CASE WHEN lon IS NOT NULL THEN coalesce(try_cast(trim(lon) AS DOUBLE), 'nan'::DOUBLE) END AS lon,
        CASE WHEN lat IS NOT NULL THEN coalesce(try_cast(trim(lat) AS DOUBLE), 'nan'::DOUBLE) END AS lat,
        CASE WHEN trim(accuracy_m) <> '' THEN coalesce(try_cast(trim(accuracy_m) AS DOUBLE), 'nan'::DOUBLE) END AS accuracy_m,
        as_read
        {extra}
    FROM written
),
run AS (SELECT $as_of_us::BIGINT AS as_of_us)
SELECT
    device_id,
    make_timestamptz(observed_us) AS observed_at,
    lon,
    lat,
    accuracy_m,
    CASE WHEN {good} THEN NULL ELSE as_read END AS as_read
    {extra}
FROM typed, run
ORDER BY row
