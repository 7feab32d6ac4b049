-- Macros that read text by the contract. Every session defines them when it is opened.
--
-- The regular expressions are constants here, so that DuckDB compiles each of them once per statement. DuckDB 2.0
-- compiles a pattern that is not a constant again for every row.

-- An instant in microseconds since 1970 (UTC), or NULL where the text is not an instant. Without an offset it is UTC.
-- Digits beyond the microsecond are cut. The offset "+0130" gets its colon, without which DuckDB does not read it.
CREATE OR REPLACE TEMP MACRO instant_from_text(value) AS
    CASE
        WHEN regexp_full_match(
            value,
            '\d{4}-\d\d-\d\d([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)?)?'
        )
            THEN epoch_us(
                try_cast(
                    regexp_replace(
                        regexp_replace(value, '(\.\d{6})\d+', '\1'),
                        '([+-]\d\d)(\d\d)$',
                        '\1:\2'
                    ) AS TIMESTAMPTZ
                )
            )
    END;

-- A number, or NaN where the text is not a number, or NULL where there is no text. NaN and NULL differ: a number that
-- is stated and cannot be used is not a missing one.
CREATE OR REPLACE TEMP MACRO number_from_text(value) AS
    CASE
        WHEN regexp_full_match(value, '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?') THEN try_cast(value AS DOUBLE)
        WHEN value IS NOT NULL THEN 'nan'::DOUBLE
    END;

-- Whether a text gives an instant and no offset.
CREATE OR REPLACE TEMP MACRO lacks_offset(value) AS
    regexp_full_match(value, '\d{4}-\d\d-\d\d([T ][0-9:.]+)?');
