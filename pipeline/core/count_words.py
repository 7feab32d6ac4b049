"""Says how many of something there are, of one and of several."""


def number_of(count: int, one: str, several: str = "") -> str:
    """A whole number and what it counts: ``one`` of it, or ``several``; without that, ``one`` with an s.

    >>> number_of(1, "row"), number_of(1_200, "row"), number_of(0, "entry", "entries"), number_of(1, "is", "are")
    ('1 row', '1,200 rows', '0 entries', '1 is')
    """
    return f"{count:,} {one if count == 1 else several or one + 's'}"
