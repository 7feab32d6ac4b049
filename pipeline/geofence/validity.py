"""Reads the validity of the rows of places, and adds it as columns in microseconds."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import bools_to_arrow, one_chunk, to_arrow
from offduty.core.instants import FOREVER_US, NEVER_US, instants


def place_rows(rows: pa.Table) -> pa.Table:
    """The rows with three more columns: ``valid_from_us``, ``valid_to_us`` and ``validity_read``.

    A missing start or end is open. ``validity_read`` is False where the validity cannot be read, or ends before it
    starts; such a place is always valid (specification#bad-place).
    """
    begin, end = instants(one_chunk(rows["valid_from"])), instants(one_chunk(rows["valid_to"]))
    from_us = np.where(begin.read, begin.us, NEVER_US)
    to_us = np.where(end.read, end.us, FOREVER_US)
    read = (begin.read | begin.missing) & (end.read | end.missing) & ~(begin.read & end.read & (to_us < from_us))
    return (
        rows.append_column("valid_from_us", to_arrow(from_us, pa.int64()))
        .append_column("valid_to_us", to_arrow(to_us, pa.int64()))
        .append_column("validity_read", bools_to_arrow(read))
    )
