"""docs/reference/reasons.md is up to date: it has the text that the examples of the tests make."""

from offduty.core.reasons import Reason
from tests.spec import make_docs


def test_the_page_is_what_the_examples_make():
    """After a change: `python -m tests.spec.make_docs`."""
    assert make_docs.PAGE.read_text() == make_docs.page()


def test_every_reason_has_a_chapter_and_an_example():
    """The package's own list of reasons, in its order, is the page's."""
    assert tuple(reason.word for reason in Reason) == make_docs.REASONS
    for chapter in make_docs.chapters(make_docs.REASONS):
        assert any(chapter.name in example.pings for example in chapter.examples)
