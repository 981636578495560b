"""Guesses at what was meant."""

from __future__ import annotations

import pytest

from esolint.nearest import Slips, akin, hint, mistyped, nearest
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


@pytest.mark.parametrize(
    ("name", "candidates", "found"),
    [
        ("password", ["DB_PASSWORD", "DB_USER"], "DB_PASSWORD"),
        ("DB_PASSWORD", ["password", "user"], "password"),
        ("dbPassword", ["db.password.old", "host"], "db.password.old"),
        ("password", ["admin-password", "user-password"], None),  # either
        ("user", ["username", "password"], "username"),
        ("password", ["pass", "user"], "pass"),
        ("word", ["password"], None),
        ("key", ["keystore"], None),
        ("", ["password"], None),
        ("--", ["password", "..."], None),
    ],
)
def test_akin(name: str, candidates: list[str], found: str | None) -> None:
    assert akin(name, candidates) == found


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("databse", "database"),
        ("databsae", "database"),
        ("datavase", "database"),
        ("databasee", "database"),
        ("app-secrets", "app-secret"),
        ("appsecret", "app-secret"),
        ("secret-app", "app-secret"),
        ("s3uckets", "s3buckets"),
    ],
)
def test_a_slip_is_found_both_ways(name: str, other: str) -> None:
    assert Slips(["something", other]).find(name) == other
    assert Slips(["something", name]).find(other) == name


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("app", "app"),
        ("queue-1", "queue-2"),
        ("queue", "queue1"),
        ("app-dev", "app-dec"),
        ("internal", "external"),
        ("vault-tls", "vault-token"),
        ("app", "app-secret"),
        ("us-east-db", "us-west-db"),
    ],
)
def test_names_that_mean_two_things_are_no_slip(name: str, other: str) -> None:
    assert Slips([other]).find(name) is None
