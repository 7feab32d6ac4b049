"""Takes the quotes away from lines of a CSV in which they hold nothing together, as R and many databases write them."""

from __future__ import annotations

import numpy as np

_QUOTE, _LINE_FEED, _CARRIAGE_RETURN = b'"\n\r'


def without_quotes(lines: bytes, delimiter: str) -> bytes | None:
    """The same values without quotes about them; None where a quote is anything but the first or the last character
    of a value, or where a delimiter or an end of a line stands between two.

    A value in quotes is then the text between them, to DuckDB's reader as well, also where there is none (it reads
    ``""`` as nothing, as it reads an empty value).

    >>> without_quotes(b'"unit-1",13.4,"ok"\\n"unit-2",13.5,""\\n', ",")
    b'unit-1,13.4,ok\\nunit-2,13.5,\\n'
    >>> without_quotes(b'"Smith, J",13.4\\n', ",")
    >>> without_quotes(b'"5"" pipe",13.4\\n', ",")
    """
    if b'"' not in lines:
        return lines
    read = np.frombuffer(b"\n" + lines + b"\n", np.uint8)
    marks = np.flatnonzero((read == _QUOTE) | (read == ord(delimiter)) | (read == _LINE_FEED))
    quotes = np.flatnonzero(read[marks] == _QUOTE)
    opening, closing = quotes[::2], quotes[1::2]
    if len(quotes) % 2 or (closing != opening + 1).any():
        return None
    before, after = read[marks[opening] - 1], read[marks[closing] + 1]
    begins = (before == ord(delimiter)) | (before == _LINE_FEED)
    ends = (after == ord(delimiter)) | (after == _LINE_FEED) | (after == _CARRIAGE_RETURN)
    return lines.translate(None, b'"') if (begins & ends).all() else None
