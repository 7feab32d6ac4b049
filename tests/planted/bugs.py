"""The planted bugs, numbered: small wrong changes that the tests and the auditor must each notice."""

from __future__ import annotations

from bug import Bug
from bugs_how import HOW
from bugs_where import WHERE
from bugs_who import WHO

BUGS: dict[int, Bug] = dict(enumerate((*WHO, *WHERE, *HOW), start=1))
