"""A world gives the same reasons and the same release in every form that a job may declare, and both implementations
agree on it.
"""

from __future__ import annotations

from pprint import pformat
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from offduty import run
from offduty.core.errors import InputError
from offduty.verify.auditor import Auditor, Status, verify
from tests.examples import one_in
from tests.properties.declared import lay_out_declared
from tests.properties.worlds import worlds
from tests.second_implementation import found_in
from tests.world import filtered, manifest_of, read_release, rows_of

NUMBERED = [Phase.explicit, Phase.reuse, Phase.generate]


def reasons_of(path, count):
    """The reasons by row of the one file of pings."""
    (number,) = [entry["file"] for entry in manifest_of(path)["inputs"] if entry["table"] == "pings"]
    found = [None] * count
    for part, prefix in (("ledger", ""), ("quarantine", "quarantine:")):
        for row in rows_of(path / part):
            assert row["file"] == number
            found[row["row"]] = prefix + row["reason"]
    return found


@settings(max_examples=one_in(8), phases=NUMBERED)
@given(worlds(), st.integers(0, 2**32))
def test_a_declared_form_is_read_as_the_contract_is(ask_filter, given_world, seed):
    """Both implementations give what they give for the same world as the contract has it."""
    by_contract = filtered(given_world, ask_filter.folder())
    folder = ask_filter.folder()
    job = lay_out_declared(Random(seed), given_world, folder)
    start, end = given_world["interval"] or (None, None)
    try:
        path = run(job, start=start, end=end, as_of=given_world["as_of"]).path
    except InputError as error:
        assert by_contract.stopped, (str(error), pformat(job.inputs))
        return
    assert not by_contract.stopped
    assert reasons_of(path, len(by_contract.reasons)) == by_contract.reasons, pformat(job.inputs)
    assert read_release(path / "release") == by_contract.release
    found = found_in(path, folder)
    assert not found.differs, (found, pformat(job.inputs))
    verdict = verify(job.store.path, Auditor(inputs=job))
    assert [str(check) for check in verdict.checks if check.status is Status.FAIL] == []
