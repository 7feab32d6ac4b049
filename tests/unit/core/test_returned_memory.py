"""With little memory, Arrow takes its memory where everything else does, and gives it back."""

from __future__ import annotations

import pyarrow as pa
import pytest

from offduty.core.returned_memory import one_allocator


def test_arrow_takes_its_memory_from_the_c_library_meanwhile():
    """And the pool of the process that called is back afterwards, after an error, too."""
    before = pa.default_memory_pool().backend_name
    with pytest.raises(ValueError, match="a fault"), one_allocator():
        assert pa.default_memory_pool().backend_name == "system"
        kept = pa.array(range(1000))
        raise ValueError("a fault")
    assert pa.default_memory_pool().backend_name == before
    assert kept.to_pylist() == list(range(1000))
