-- How the rows of an interval fared in two runs: by whether both read them, and by their reasons where those differ.
-- Ledger and quarantine of the older and the newer run hold file, row and reason; `pairs` names the files that both read.
WITH
    older AS (
        SELECT file, row, reason FROM older_ledger
        UNION ALL
        SELECT file, row, 'quarantine:' || reason FROM older_quarantine
    ),
    newer AS (
        SELECT file, row, reason FROM newer_ledger
        UNION ALL
        SELECT file, row, 'quarantine:' || reason FROM newer_quarantine
    ),
    before AS (
        SELECT pair, row, reason
        FROM older
        INNER JOIN pairs ON pairs.one = older.file
    ),
    after AS (
        SELECT pair, row, reason
        FROM newer
        LEFT JOIN pairs ON pairs.other = newer.file
    )
SELECT
    after.pair IS NULL AS is_new,
    before.reason AS was,
    after.reason AS became,
    count(*) AS rows
FROM after
LEFT JOIN before ON before.pair = after.pair AND before.row = after.row
WHERE after.pair IS NULL OR before.reason IS DISTINCT FROM after.reason
GROUP BY ALL
