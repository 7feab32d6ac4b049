-- Macros that turn what is written as the job declares into what the contract has. Sessions with such files define them.
--
-- Rules: specification#declared-values, specification#declared-times, specification#declared-units. What is nothing
-- written stays that, and what is not written as declared becomes a text that nothing can read.

CREATE OR REPLACE TEMP MACRO not_as_declared(value) AS 'not as declared: ' || value;

-- Whether a text is a missing time: white space alone, or NULL and its like.
CREATE OR REPLACE TEMP MACRO is_missing(value) AS
    is_blank(value) OR is_word_for_nothing(value);

-- A number with a decimal comma as one with a point.
CREATE OR REPLACE TEMP MACRO with_point(value) AS
    CASE WHEN contains(value, '.') THEN not_as_declared(value) ELSE replace(value, ',', '.') END;

-- An instant as the contract writes it, from microseconds since 1970; NULL for NULL, and outside of the years 1 to 9999.
CREATE OR REPLACE TEMP MACRO instant_text(us) AS
    CASE
        WHEN us BETWEEN -62135596800000000 AND 253402300799999999
            THEN strftime(make_timestamp(us), '%Y-%m-%dT%H:%M:%S.%fZ')
    END;

-- Microseconds since 1970 from a number of seconds (or milliseconds) with decimals, of which so many fit in a second.
-- As a decimal, because a binary fraction would miss the microsecond.
CREATE OR REPLACE TEMP MACRO us_from_unix(value, units_per_s) AS
    CASE
        WHEN regexp_full_match(value, '[+-]?0*\d{1,18}(\.\d+)?')
            THEN try_cast(
                floor(
                    try_cast(regexp_replace(value, '(\.\d{9})\d+', '\1') AS DECIMAL(28, 9))
                    * (1000000 // units_per_s)::DECIMAL(7, 0)
                ) AS BIGINT
            )
    END;

CREATE OR REPLACE TEMP MACRO time_from_unix(value, units_per_s) AS
    CASE
        WHEN is_missing(value) THEN value
        ELSE coalesce(instant_text(us_from_unix(value, units_per_s)), not_as_declared(value))
    END;

-- A time without an offset from days since 1899-12-30. A day in binary fractions is not exact to the microsecond, so it
-- is rounded to the millisecond; as a decimal, because a half must go up.
CREATE OR REPLACE TEMP MACRO time_from_excel(value) AS
    CASE
        WHEN is_missing(value) THEN value
        WHEN regexp_full_match(value, '[+-]?0*\d{1,7}(\.\d+)?')
            THEN coalesce(
                trim(
                    instant_text(
                        floor(
                            try_cast(regexp_replace(value, '(\.\d{17})\d+', '\1') AS DECIMAL(25, 17))
                            * 86400000::DECIMAL(8, 0) + 0.5
                        )::BIGINT * 1000 - 2209161600000000
                    ),
                    'Z'
                ),
                not_as_declared(value)
            )
        ELSE not_as_declared(value)
    END;

-- A number whose decimal point moves by so many digits to the right.
CREATE OR REPLACE TEMP MACRO with_point_moved(value, digits) AS
    CASE
        WHEN is_blank(value) THEN value
        WHEN regexp_full_match(value, '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?')
            THEN regexp_extract(value, '^[^eE]+') || 'e'
                || (coalesce(try_cast(nullif(regexp_extract(value, '[eE](.+)$', 1), '') AS INTEGER), 0) + digits)
        ELSE not_as_declared(value)
    END;

-- A number times a factor, as text.
CREATE OR REPLACE TEMP MACRO times_factor(value, factor) AS
    CASE WHEN is_blank(value) THEN value ELSE (number_from_text(value) * factor)::VARCHAR END;
