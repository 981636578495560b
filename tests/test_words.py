"""Lists and amounts of messages."""

from __future__ import annotations

import pytest

from esolint.words import amount, both, listed, quoted


def test_amount() -> None:
    assert [amount(number, "file") for number in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


def test_listed_says_how_many_it_leaves_out() -> None:
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"


@pytest.mark.parametrize(
    ("names", "text"), [("", ""), ("a", "a"), ("ab", "a and b"), ("abc", "a, b and c")]
)
def test_both(names: str, text: str) -> None:
    assert both([*names]) == text


def test_quoted_lets_no_control_character_through() -> None:
    assert quoted("a\x1b[0m") == '"a\\u001b[0m"'
    assert quoted("x" * 81) == f'"{"x" * 77}..."'
