"""Texts that Go reads: verdicts taken from Go's own tests and documentation."""

from __future__ import annotations

import uuid
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esolint.go import (
    duration_error,
    holds_uuid,
    is_uuid,
    is_uuid4,
    parse_duration,
    parse_url,
    regexp_error,
    regexp_finds,
)

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("-0", 0),
        ("+0", 0),
        ("00s", 0),
        ("5s", 5 * SECOND),
        ("1478s", 1478 * SECOND),
        ("-5s", -5 * SECOND),
        ("+5s", 5 * SECOND),
        ("5.0s", 5 * SECOND),
        ("5.6s", 5_600_000_000),
        ("5.s", 5 * SECOND),
        (".5s", SECOND // 2),
        ("1.004s", 1_004_000_000),
        ("100.00100s", 100_001_000_000),
        ("10ns", 10),
        ("11us", 11_000),
        ("12µs", 12_000),
        ("12μs", 12_000),
        ("13ms", 13_000_000),
        ("3h30m", 3 * HOUR + 30 * MINUTE),
        ("10.5s4m", 4 * MINUTE + 10_500_000_000),
        ("-2m3.4s", -(2 * MINUTE + 3_400_000_000)),
        ("1h2m3s4ms5us6ns", HOUR + 2 * MINUTE + 3 * SECOND + 4_005_006),
        ("52763797000ns", 52_763_797_000),
        ("0.3333333333333333333h", 20 * MINUTE),
        ("9007199254740993ns", (1 << 53) + 1),
        ("9223372036854775807ns", (1 << 63) - 1),
        ("9223372036854775.807us", (1 << 63) - 1),
        ("9223372036s854ms775us807ns", (1 << 63) - 1),
        ("-9223372036854775808ns", -(1 << 63)),
        ("-2562047h47m16.854775808s", -(1 << 63)),
        ("0.100000000000000000000h", 6 * MINUTE),
        ("0.830103483285477580700h", 49 * MINUTE + 48 * SECOND + 372_539_827),
    ],
)
def test_duration(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("-", "empty"),
        ("3", "missing unit"),
        ("1h30", "missing unit"),
        ("s", "no number"),
        (".", "no number"),
        ("-.", "no number"),
        (".s", "no number"),
        ("+.s", "no number"),
        (" 1h", "no number"),
        ("--1s", "no number"),
        ("1d", 'unknown unit "d"'),
        ("1H", 'unknown unit "H"'),
        ("1 h", 'unknown unit " h"'),
        ("1h-5m", 'unknown unit "h-"'),
        ("１s", "no number"),  # a digit, but not one of ASCII
        ("\x85\x85", "no number"),
        ("9223372036854775810ns", "too long"),
        ("9223372036854775808ns", "too long"),
        ("-9223372036854775809ns", "too long"),
        ("9223372036854776us", "too long"),
        ("3000000h", "too long"),
        ("9" * 5000 + "h", "too long"),
    ],
)
def test_no_duration(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_duration(text)


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(["ns", "us", "ms", "s", "m", "h"])))
)
def test_durations_add_up(parts: list[tuple[int, str]]) -> None:
    text = "".join(f"{number}{unit}" for number, unit in parts)
    total = sum(parse_duration(f"{number}{unit}") for number, unit in parts)
    if parts:
        assert parse_duration(text) == total
        assert parse_duration(f"-{text}") == -total


@given(st.text(st.characters(codec="utf-8")) | st.text("0123456789.+-nsumhµ "))
def test_any_text_is_a_duration_or_none(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(parse_duration(text), int)


@pytest.mark.parametrize(
    ("text", "scheme", "host"),
    [
        ("https://gw.example.com", "https", "gw.example.com"),
        ("HTTPS://gw.example.com:8443/v2?x=%zz", "https", "gw.example.com:8443"),
        ("https://user:pass@gw.example.com/", "https", "gw.example.com"),
        ("https://gw.example.com:", "https", "gw.example.com:"),
        ("https://", "https", ""),
        ("https:///path", "https", ""),
        ("https://[::1]:8443", "https", "[::1]:8443"),
        ("https://[fe80::1%25en0]/", "https", "[fe80::1%25en0]"),
        ("https://bücher.example", "https", "bücher.example"),
        ("https://%c3%bc.example", "https", "%c3%bc.example"),
        ("//gw.example.com/a", "", "gw.example.com"),
        ("mailto:mate@example.com", "mailto", ""),
        ("gw.example.com", "", ""),
        ("gw.example.com/a:b", "", ""),
        ("db://a:1,b:2/x", "db", "a:1,b:2"),
        ("/path", "", ""),
        ("*", "", ""),
        ("", "", ""),
        ("https://gw.example.com#\x01", "https", "gw.example.com"),
    ],
)
def test_url(text: str, scheme: str, host: str) -> None:
    assert parse_url(text) == (scheme, host)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://gw example.com", "no host may hold"),
        ("https://gw.example.com:x", "no number as port"),
        ("https://::1/", "no number as port"),
        ("https://a:80:80/", "no number as port"),
        ("https://a%zz", "percent escape"),
        ("https://a%41", "escaped ASCII"),
        ("https://a/%zz", "percent escape"),
        ("https://a#%zz", "percent escape"),
        ("https://u p@a", "no user name may hold"),
        ("https://[::1", "closing bracket"),
        ("https://[1.2.3.4]/", "IPv6"),
        ("https://[fe80::1%25]/", "IPv6"),
        ("https://x[::1]/", "IPv6"),
        ("https://a\n", "control character"),
        ("://a", "before the colon"),
        ("a:b:c/d".replace("a:", "1a:"), "first segment"),
    ],
)
def test_no_url(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_url(text)


@pytest.mark.parametrize("text", ["https://a/", "/a", "/", "*", "x:y"])
def test_request_uri(text: str) -> None:
    parse_url(text, request=True)


@pytest.mark.parametrize("text", ["", "a", "a/", "chef.example.com/", "https://a#%zz", "1a:b"])
def test_no_request_uri(text: str) -> None:
    with pytest.raises(ValueError):
        parse_url(text, request=True)


@given(st.text("htps:/?#[]@%.:a1 \x01ü") | st.text(), st.booleans())
def test_any_text_is_a_url_or_none(text: str, request: bool) -> None:
    with suppress(ValueError):
        url = parse_url(text, request=request)
        assert url.host in text
        assert url.scheme in text.lower()


@given(st.uuids())
def test_uuid_forms(value: uuid.UUID) -> None:
    text = str(value)
    for form in (
        text,
        text.upper(),
        value.hex,
        f"urn:uuid:{text}",
        f"URN:UUID:{text}",
        f"{{{text}}}",
    ):
        assert is_uuid(form)
    assert is_uuid(f"({text})")  # nobody looks at the braces
    assert not is_uuid(f" {text}")
    assert not is_uuid(text[:-1])
    assert not is_uuid(text.replace("-", "_"))
    assert holds_uuid(f"projects/{text}/x")
    assert not holds_uuid(value.hex)


@given(st.uuids(version=4))
def test_uuid4(value: uuid.UUID) -> None:
    text = str(value)
    assert is_uuid4(text)
    assert is_uuid4(text.upper())
    assert not is_uuid4(value.hex)
    assert not is_uuid4(text[:14] + "1" + text[15:])
    assert not is_uuid4(text[:19] + "c" + text[20:])


@pytest.mark.parametrize("text", ["", "x" * 36, "ü" * 18, "urn:uuid:", "{" + "a" * 36 + "}"])
def test_no_uuid(text: str) -> None:
    assert not is_uuid(text)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "prod-.*",
        r"^\Qdock.east\E$",
        r"\QC\C",
        "[[:alpha:]]+",
        r"\pN\p{Greek}",
        "(?i)x(?P<n>y)(?<m>z)",
        r"\\C",
        "a{1000}",
        "^*",
    ],
)
def test_regular_expression(pattern: str) -> None:
    assert regexp_error(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    [
        "^(?!kube-).*$",
        "(?<=a)b",
        r"(a)\1",
        "a++",
        "ba(d",
        "[a",
        r"\Z",
        r"\C",
        "(?P<é>a)",
        "(?<é>a)",
        "a{1001}",
        "a**",
        "*",
    ],
)
def test_no_regular_expression(pattern: str) -> None:
    assert regexp_error(pattern)


@given(
    st.text(st.characters(codec="utf-8"), max_size=30)
    | st.text(r"\QCE()[]{}*+?|^$.ab1,:", max_size=20)
)
def test_any_text_is_a_regular_expression_or_none(pattern: str) -> None:
    regexp_error(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("ho", "shop", True),
        ("^ho", "shop", False),
        ("", "shop", True),
        ("(?!x)", "shop", None),
    ],
)
def test_whether_a_regular_expression_finds(pattern: str, text: str, expected: bool | None) -> None:
    assert regexp_finds(pattern, text) is expected


def test_duration_error() -> None:
    assert duration_error("1h30m") is None
    assert duration_error("1d") == 'unknown unit "d"'
