from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esolint.context.flux.envsubst import (
    BadSubstitutionError,
    OpenSubstitutionError,
    Variables,
    expand,
)

SET = Variables(
    {
        "word": "abcABC123ABCabc",
        "path": "path/to/file",
        "name": "bash.string.txt",
        "empty": "",
        "other": "foo",
        "accent": "été",
        "secret": None,
    },
    complete=True,
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("no variable at all", "no variable at all"),
        ("${other}", "foo"),
        ("a-${other}-${other}-z", "a-foo-foo-z"),
        ("${empty}", ""),
        ("$other", "$other"),
        ("a$", "a$"),
        ("$$other", "$other"),
        ("$${other}", "${other}"),
        ("$$${other}", "$foo"),
        ("$$$${other}", "$${other}"),
        ("$${gone:=$${other}}", "${gone:=${other}}"),
        ("${gone:=x}", "x"),
        ("${gone=x}", "x"),
        ("${gone:-x}", "x"),
        ("${gone:+x}", "x"),
        ("${gone:?x}", "x"),
        ("${gone:-}", ""),
        ("${empty:=x}", "x"),
        ("${other:=x}", "foo"),
        ("${gone:=a ${other}-b}", "a foo-b"),
        ("${gone:=${none:=deep}}", "deep"),
        ("${other:=${none}}", "foo"),
        ("${other:=${secret}}", "foo"),
        ("${gone:=$$x}", "$$x"),
        ("${#word}", "15"),
        ("${#accent}", "5"),
        ("${word^}", "AbcABC123ABCabc"),
        ("${word^^}", "ABCABC123ABCABC"),
        ("${word,,}", "abcabc123abcabc"),
        ("${word,}", "abcABC123ABCabc"),
        ("${word,^}", "abcABC123ABCabc"),
        ("${word:3}", "ABC123ABCabc"),
        ("${word:3:3}", "ABC"),
        ("${word:99}", ""),
        ("${word:3:99}", "ABC123ABCabc"),
        ("${word: -3}", "abcABC123ABCabc"),
        ("${word/abc/xyz}", "xyzABC123ABCabc"),
        ("${word//abc/xyz}", "xyzABC123ABCxyz"),
        ("${word//abc/}", "ABC123ABC"),
        ("${word/#abc/xyz}", "xyzABC123ABCabc"),
        ("${word/%abc/xyz}", "abcABC123ABCxyz"),
        ("${word/%abc/}", "abcABC123ABCabc"),
        (r"${path//\//-}", "path-to-file"),
        ("${path#*/}", "to/file"),
        ("${path##*/}", "file"),
        ("${name%.*}", "bash.string"),
        ("${name%%.*}", "bash"),
        ("${name#bash}", ".string.txt"),
        ("${name#nothing}", "bash.string.txt"),
    ],
)
def test_variables_are_filled_in_as_flux_does(written: str, expected: str) -> None:
    assert expand(written, SET) == (expected, ())


@pytest.mark.parametrize(
    "written",
    [
        "${secret}",
        "a ${secret} b",
        "${gone:=${secret}}",
        "${secret^^}",
        "${accent^^}",
        "${word:1:-1}",
        "${word/#/x}",
        "${path#[a-z]*}",
        "${path#?ath}",
        "${word/${secret}/x}",
    ],
)
def test_what_is_not_known_or_differs_between_releases_stays_open(written: str) -> None:
    assert expand(written, SET) == (None, ())


def test_a_variable_that_nobody_sets_is_named() -> None:
    assert expand("${gone}-${none^^}-${gone}", SET) == ("--", ("gone", "none"))
    assert expand("${1}_x", SET) == ("_x", ("1",))


def test_where_not_all_sources_are_known_only_what_no_variable_can_be_called_is_missing() -> None:
    some = Variables({"a": "x"}, complete=False)

    assert expand("${gone}", some) == (None, ())
    assert expand("${gone:=x}", some) == (None, ())
    assert expand("${1}", some) == ("", ("1",))


@pytest.mark.parametrize(
    "written",
    [
        "${}",
        "${ x }",
        "${x.y}",
        "${{ github.ref }}",
        "${x-y}",
        "${x:}",
        "${x?y}",
        "${word/a/b${x}}",
    ],
)
def test_what_flux_refuses(written: str) -> None:
    with pytest.raises(BadSubstitutionError):
        expand(written, SET)


@pytest.mark.parametrize("written", ["${", "${x", "${x:=", "${x:=a ${y}", "${x/a}"])
def test_what_ends_inside_a_substitution(written: str) -> None:
    with pytest.raises(OpenSubstitutionError):
        expand(written, SET)


def test_nesting_without_end_is_given_up() -> None:
    with pytest.raises(OpenSubstitutionError):
        expand("${x:=" * 10_000 + "}" * 10_000, SET)


@given(st.text(alphabet="${}xy:=-^,/#%*\\ 0", max_size=40))
def test_any_text_is_filled_in_or_refused(written: str) -> None:
    try:
        expansion = expand(written, Variables({"x": "a"}, complete=True))
    except (BadSubstitutionError, OpenSubstitutionError):
        return
    if "$" not in written:
        assert expansion == (written, ())
