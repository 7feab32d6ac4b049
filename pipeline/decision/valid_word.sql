-- What a device says of its own fix, as the contract's checks want it: in lower case, and NULL where nothing but white
-- space is written. A word with another character than those of ASCII stays as it is: it is none of the words.
-- The variable "spaces" has every character that counts as white space (offduty/core/ids.py).
CREATE OR REPLACE TEMP MACRO valid_word(value) AS
    CASE
        WHEN nullif(trim(value, getvariable('spaces')), '') IS NULL THEN NULL
        WHEN regexp_full_match(value, '[ -~]*') THEN lower(value)
        ELSE value
    END;
