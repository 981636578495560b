from __future__ import annotations

import math
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from esolint.source.scalar import ScalarError, key, plain, tagged
from esolint.value import Value

# What `kubectl label --local -o json` (1.32) makes of each.
READ: dict[str, Value] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    "yEs": "yEs",
    "nULL": "nULL",
    "yes_": "yes_",
    "0": 0,
    "00": 0,
    "-0": 0,
    "-0.0": 0,
    "+1": 1,
    "010": 8,
    "-010": -8,
    "0o10": 8,
    "0O10": 8,
    "0o8": "0o8",
    "08": 8,
    "08.5": 8.5,
    "0b11": 3,
    "-0b11": -3,
    "0b2": "0b2",
    "0x1F": 31,
    "+0X1f": 31,
    "0xg": "0xg",
    "0x": "0x",
    "1_000": 1000,
    "1__0": 10,
    "0x_1F": 31,
    "1_": 1,
    "_1": "_1",
    "1e3": 1000,
    "1E+3": 1000,
    "1e-3": 0.001,
    "1e": "1e",
    "1e15": 10**15,
    "1e21": 1e21,
    "1e400": "1e400",
    "-1e400": "-1e400",
    "1.0": 1,
    "1.": 1,
    ".5": 0.5,
    "+.5": 0.5,
    ".5e3": 500,
    ".": ".",
    "+.": "+.",
    ".e3": ".e3",
    "-": "-",
    "1.2.3": "1.2.3",
    "1,000": "1,000",
    "1:30": "1:30",
    "190:20:30.15": "190:20:30.15",
    "2024-01-01": "2024-01-01",
    "2001-12-14t21:59:43.10-05:00": "2001-12-14t21:59:43.10-05:00",
    "=": "=",
    "<<": "<<",
    "inf": "inf",
    "NaN": "NaN",
    "+.nan": "+.nan",
    "१२": "१२",
    "9223372036854775807": 9223372036854775807,
    "18446744073709551615": 18446744073709551615,
    "18446744073709551616": 18446744073709551616.0,
    "-9223372036854775809": -9223372036854775809.0,
    "0x1FFFFFFFFFFFFFFFF": "0x1FFFFFFFFFFFFFFFF",
    "0777777777777777777777777": 777777777777777777777777.0,
}


@pytest.mark.parametrize("text", READ)
def test_plain_scalar_is_read_as_kubectl_does(text: str) -> None:
    value = plain(text)

    assert value == READ[text]
    assert type(value) is type(READ[text])


@pytest.mark.parametrize("text", [".inf", "-.Inf", "+.INF", ".nan", ".NaN", ".NAN"])
def test_what_json_cannot_write_is_refused(text: str) -> None:
    with pytest.raises(ScalarError, match="has no JSON form"):
        plain(text)


@pytest.mark.parametrize("numeral", ["9" * 399, "9" * 400, "9" * 5000, "0" * 100_000])
def test_a_long_numeral_is_read_or_left(numeral: str) -> None:
    value = plain(numeral)
    assert value == (0 if set(numeral) == {"0"} else numeral)


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("int", "12", 12),
        ("int", "0x10", 16),
        ("float", "1", 1),
        ("float", "1.5", 1.5),
        ("bool", "yes", True),
        ("null", "", None),
        ("str", "1", "1"),
        ("str", "", ""),
        ("timestamp", "2001-01-01", "2001-01-01"),
        ("binary", "aGVsbG8=", "hello"),
        ("binary", "aGVs\nbG8=\n", "hello"),
        ("binary", "", ""),
        ("binary", "//79", "\ufffd\ufffd\ufffd"),
        ("other", "1", "1"),
    ],
)
def test_tag_decides(tag: str, text: str, value: Value) -> None:
    assert tagged(f"tag:yaml.org,2002:{tag}", text) == value


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("int", "1.5"),
        ("int", "x"),
        ("int", ""),
        ("int", "true"),
        ("float", "x"),
        ("bool", "1"),
        ("null", "x"),
        ("binary", "!!"),
        ("binary", "aGV sbG8="),
        ("binary", "é"),
    ],
)
def test_text_that_its_tag_does_not_fit_is_refused(tag: str, text: str) -> None:
    with pytest.raises(ScalarError, match=f"!!{tag}"):
        tagged(f"tag:yaml.org,2002:{tag}", text)


def test_tag_of_another_tool_leaves_a_string() -> None:
    assert tagged("!vault", "12") == "12"
    assert tagged("!", "12") == "12"


@pytest.mark.parametrize(
    ("value", "name"),
    [("a", "a"), (True, "true"), (False, "false"), (8, "8"), (1.5, "1.5"), ("", "")],
)
def test_key_is_a_string(value: Value, name: str) -> None:
    assert key(value) == name


@pytest.mark.parametrize("value", [None, {}, []])
def test_no_key(value: Value) -> None:
    with pytest.raises(ScalarError, match="key"):
        key(value)


@given(st.integers(-(2**63), 2**64 - 1))
def test_integers_come_back(number: int) -> None:
    assert plain(str(number)) == number
    if number >= 0:
        assert plain(hex(number)) == number
        assert plain(bin(number)) == number
        assert plain(oct(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_come_back(number: float) -> None:
    assert plain(repr(number)) == number


@given(st.from_regex(re.compile(r"[-+.0-9a-fxobnyest_E]{1,8}"), fullmatch=True))
def test_pyyaml_sees_the_same_numbers_and_words(text: str) -> None:
    """It takes fewer texts for a number or a word; those that it takes are the same here."""
    try:
        theirs = yaml.safe_load(f"[{text}]")[0]
    except (ValueError, yaml.YAMLError):
        return
    if theirs is None or (isinstance(theirs, int | float) and math.isfinite(theirs)):
        assert plain(text) == theirs
