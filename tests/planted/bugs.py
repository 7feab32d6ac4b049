"""The planted bugs, numbered: small wrong changes that the tests and the auditor must each notice."""

from __future__ import annotations

from tests.planted.bug import Bug
from tests.planted.bugs_declared import DECLARED
from tests.planted.bugs_doubt import DOUBT
from tests.planted.bugs_grown import GROWN
from tests.planted.bugs_how import HOW
from tests.planted.bugs_where import WHERE
from tests.planted.bugs_who import WHO

BUGS: dict[int, Bug] = dict(enumerate((*WHO, *WHERE, *HOW, *DOUBT, *DECLARED, *GROWN), start=1))
