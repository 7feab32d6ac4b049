-- Macros that read text by the contract. Every session defines them when it is opened.
--
-- The regular expressions are constants here, so that DuckDB compiles each of them once per statement. DuckDB 2.0
-- compiles a pattern that is not a constant again for every row.

-- An instant in microseconds since 1970 (UTC), or NULL where the text is not an instant with an offset. Digits beyond
-- the microsecond are cut. The offset "+0130" gets its colon, without which DuckDB does not read it.
CREATE OR REPLACE TEMP MACRO any_instant_from_text(value) AS
    CASE
        WHEN regexp_full_match(
            value,
            '\d{4}-\d\d-\d\d[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)'
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

-- The same. Most texts have neither more digits nor such an offset: the pattern is that of any_instant_from_text without
-- them, and spares two replacements that would change nothing.
CREATE OR REPLACE TEMP MACRO instant_from_text(value) AS
    CASE
        WHEN regexp_full_match(
            value,
            '\d{4}-\d\d-\d\d[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]([01]\d|2[0-3])(:[0-5]\d)?)'
        )
            THEN epoch_us(try_cast(value AS TIMESTAMPTZ))
        ELSE any_instant_from_text(value)
    END;

-- A wall clock in microseconds since 1970 as if it were UTC, or NULL where the text is not a time without an offset.
CREATE OR REPLACE TEMP MACRO wall_from_text(value) AS
    CASE
        WHEN regexp_full_match(value, '\d{4}-\d\d-\d\d[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?')
            THEN epoch_us(try_cast(regexp_replace(value, '(\.\d{6})\d+', '\1') AS TIMESTAMP))
    END;

-- The quarter of an hour of a wall clock, counted from 1970, also before it. In whole numbers: as a fraction, the last
-- microseconds of a quarter in the year 1 would be rounded into the next.
CREATE OR REPLACE TEMP MACRO quarter_of(wall_us) AS
    (wall_us - ((wall_us % 900000000) + 900000000) % 900000000) // 900000000;

-- A text without the white space around it, or NULL where nothing is left. The variable "spaces" has every character
-- that counts as white space (offduty/core/ids.py).
CREATE OR REPLACE TEMP MACRO word_from_text(value) AS nullif(trim(value, getvariable('spaces')), '');

-- Whether nothing is written in a text. What begins with a visible ASCII character needs no trimming: white space of
-- Unicode is thirty characters to compare with, 10 microseconds for each value (DuckDB 2.0).
CREATE OR REPLACE TEMP MACRO is_blank(value) AS
    CASE WHEN value >= '!' AND value < chr(127) THEN false ELSE word_from_text(value) IS NULL END;

-- Whether a text is one of the words for nothing. It is asked where a word stands, and not whether the list contains it:
-- of that DuckDB (2.0) makes a join, for which it trims the id of every row, 2 microseconds each.
CREATE OR REPLACE TEMP MACRO is_word_for_nothing(value) AS
    coalesce(list_position(getvariable('missing_words'), value), 0) > 0;

-- An id as it is compared, or NULL where it is missing or may be a JSON list or object. Most ids have a digit and only
-- plain characters, and need no trimming.
CREATE OR REPLACE TEMP MACRO id_from_text(value) AS
    CASE
        WHEN regexp_full_match(value, '[0-9A-Za-z._:-]*[0-9][0-9A-Za-z._:-]*') THEN value
        WHEN is_word_for_nothing(word_from_text(value)) THEN NULL
        WHEN regexp_full_match(word_from_text(value), '[\[{].*', 's') THEN NULL
        ELSE word_from_text(value)
    END;

-- A number, or NaN where the text is not a number, or NULL where there is no text. NaN and NULL differ: a number that
-- is stated and cannot be used is not a missing one.
CREATE OR REPLACE TEMP MACRO number_from_text(value) AS
    CASE
        WHEN regexp_full_match(value, '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?') THEN try_cast(value AS DOUBLE)
        WHEN word_from_text(value) IS NOT NULL THEN 'nan'::DOUBLE
    END;

-- Whether a text is a time without an offset; a bare date is none. What ends with Z needs no regular expression.
CREATE OR REPLACE TEMP MACRO lacks_offset(value) AS
    CASE
        WHEN ends_with(value, 'Z') THEN false
        ELSE regexp_full_match(value, '\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?')
    END;

-- A whole row as JSON: of a struct, or of a text that is JSON already. Ask it only of the rows that need it: it takes a
-- fifth of a microsecond (DuckDB 2.0).
CREATE OR REPLACE TEMP MACRO as_json(whole) AS
    CASE WHEN typeof(whole) = 'VARCHAR' THEN whole::VARCHAR ELSE to_json(whole)::VARCHAR END;
