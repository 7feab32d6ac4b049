"""Keeps pyarrow from loading pandas, which takes more than a second, for commands that make no data frame."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import pyarrow as pa


def leave_pandas_asleep() -> None:
    """Have pyarrow look for pandas now, and not find it.

    pyarrow (26) looks once, at the first array that is made of Python's values or given to numpy, only to ask whether
    the values are a pandas Series. What needs pandas afterwards, such as ``to_pandas``, loads it all the same. Where it
    is loaded already, nothing is done. This may go once pyarrow looks whether pandas is loaded before it loads it.
    """
    if "pandas" in sys.modules:
        return
    finder = _FindsNoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(finder)


class _FindsNoPandas(MetaPathFinder):
    """Says of pandas that it is not there, and nothing of other modules."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == "pandas":
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None
