"""Imports big modules when they are first used: a run that has its answer already reads no table, and loads no engine.

A module at the top of another is loaded with it, and that costs a second for all of them. A name that stands for one
costs nothing. It is written twice, so that type checkers and the contracts of imports see the same:

    if TYPE_CHECKING:
        import pyarrow as pa
    else:
        pa = when_used("pyarrow")
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any


class LazyModule(ModuleType):
    """Stands for a module, which is imported when a name of it is asked for; any thread may be the first.

    It raises then what the import raises, such as `ImportError`.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


def when_used(name: str) -> LazyModule:
    """What stands for the module of that name, with all its folders.

    >>> json = when_used("json")
    >>> json.loads("[1, 2]")
    [1, 2]
    """
    return LazyModule(name)
