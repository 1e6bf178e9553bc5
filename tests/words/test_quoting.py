"""A visitor's words are shown and do nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.words import quoted


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("resnet51", "`'resnet51'`"),
        ("", "`''`"),
        ("`a``b", "```'`a``b'```"),
        ("# a\n\n---", r"`'# a\n\n---'`"),
        ("![x](http://example.org/a.png)", "`'![x](http://example.org/a.png)'`"),
        ("٣", "`'٣'`"),
        ("\x00\u202e", r"`'\x00\u202e'`"),
        (7, "`'7'`"),
    ],
)
def test_examples(value, shown):
    assert quoted(value) == shown


@given(st.text())
def test_it_is_one_code_span_on_one_line(text):
    shown = quoted(text)
    fence = shown[: len(shown) - len(shown.lstrip("`"))]
    inside = shown[len(fence) : -len(fence)]
    assert shown == fence + inside + fence
    assert fence not in inside, "nothing inside ends the span"
    assert inside[0] == inside[-1] in "'\"", "so no backtick touches the fence"
    assert shown.isprintable()


@given(st.text(min_size=1000))
def test_long_values_are_cut(text):
    assert "…" in quoted(text)
    assert len(quoted("x" * 10_000)) < 70
