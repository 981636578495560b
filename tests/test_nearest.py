"""Guesses at what was meant."""

from __future__ import annotations

import pytest

from esolint.nearest import hint, mistyped, nearest
from esolint.value import Value


@pytest.mark.parametrize(
    ("name", "found"),
    [("secretStoreref", "secretStoreRef"), ("SecretStoreRef", "secretStoreRef"), ("zzz", None)],
)
def test_nearest(name: str, found: str | None) -> None:
    assert nearest(name, ["data", "secretStoreRef", "target"]) == found


def test_hint_is_empty_where_nothing_is_near() -> None:
    assert hint("dta", ["data"]) == ', did you mean "data"?'
    assert hint("dta", ["target"]) == ""


@pytest.mark.parametrize(
    ("value", "is_mistyped"),
    [
        ({"dta": []}, True),
        ({"target": {}}, False),  # near or not: a key that is known is meant
        ({"data": []}, False),
        ({}, False),
        (None, False),
    ],
)
def test_mistyped(value: Value, is_mistyped: bool) -> None:
    assert mistyped(value, ["data"], ["target"]) is is_mistyped
