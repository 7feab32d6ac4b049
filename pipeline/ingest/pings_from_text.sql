-- A text file of pings with the types of the contract, in the order of the file. Text that is not a number is NaN, which is
-- not the same as no text; the shapes {instant} and {number} are put in as constants, or they are compiled again for each row; an instant without an offset is UTC. `as_read` keeps the whole row where it cannot be read as a ping.
WITH written AS ({text}),
typed AS (
    SELECT
        row,
        device_id,
        CASE WHEN regexp_full_match(observed_at, '{instant}') THEN epoch_us(try_cast(
            regexp_replace(regexp_replace(observed_at, '(\.\d{6})\d+', '\1'), '([+-]\d\d)(\d\d)$', '\1:\2') AS TIMESTAMPTZ
        )) END AS instant_us,
        CASE WHEN instant_us BETWEEN {first_us} AND {last_us} THEN instant_us END AS observed_us,
        CASE WHEN regexp_full_match(lon, '{number}') THEN try_cast(lon AS DOUBLE) WHEN lon IS NOT NULL THEN 'nan' END AS lon,
        CASE WHEN regexp_full_match(lat, '{number}') THEN try_cast(lat AS DOUBLE) WHEN lat IS NOT NULL THEN 'nan' END AS lat,
        CASE
            WHEN regexp_full_match(accuracy_m, '{number}') THEN try_cast(accuracy_m AS DOUBLE)
            WHEN accuracy_m <> '' THEN 'nan'
        END AS accuracy_m,
        as_read
        {extra}
    FROM written
),
run AS (SELECT $as_of_us::BIGINT AS as_of_us)
SELECT
    device_id,
    make_timestamptz(observed_us) AS observed_at,
    lon::DOUBLE AS lon,
    lat::DOUBLE AS lat,
    accuracy_m::DOUBLE AS accuracy_m,
    CASE WHEN {good} THEN NULL ELSE as_read END AS as_read
    {extra}
FROM typed, run
ORDER BY row
