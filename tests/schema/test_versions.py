from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esolint.schema.versions import Minors, Version, read_version

MINORS = Minors(map(Version, (0, 0, 1, 1, 2), (9, 16, 0, 3, 0)))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2.9", Version(2, 9)),
        ("v2.9.0", Version(2, 9)),
        ("0.16.x", Version(0, 16)),
        ("v0.9.20-rc1", Version(0, 9)),
        (" 1.0 ", Version(1, 0)),
        ("2", None),
        ("latest", None),
        ("2.9.0.1", None),
        ("", None),
    ],
)
def test_read_version(written: str, expected: Version | None) -> None:
    assert read_version(written) == expected


@pytest.mark.parametrize(
    ("written", "nearest"), [("1.7", "1.3"), ("2.1", "2.0"), ("0.12", "0.9"), ("2..0", "2.0")]
)
def test_a_version_that_never_was_names_the_nearest(written: str, nearest: str) -> None:
    with pytest.raises(ValueError, match=rf'"{written}" is known \(nearest: {nearest}\)'):
        MINORS.parse(written)


def test_an_older_version_takes_the_oldest_schemas() -> None:
    version = MINORS.parse("0.5")
    assert version == Version(0, 5)
    assert MINORS.covering(version) == Version(0, 9)
    assert MINORS.bit(version) == 1


def test_parse_range() -> None:
    assert MINORS.parse_range("0.16..1.3") == (Version(0, 16), Version(1, 0), Version(1, 3))
    assert MINORS.parse_range("v1.0.0") == (Version(1, 0),)
    with pytest.raises(ValueError, match="runs backwards"):
        MINORS.parse_range("1.3..0.9")


@given(st.integers(min_value=1, max_value=MINORS.all))
def test_mask_reads_what_text_writes(mask: int) -> None:
    assert MINORS.mask(MINORS.text(mask)) == mask


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("0.9..", "in every version"),
        ("1.0..", "since 1.0"),
        ("0.9..1.0", "until 1.0"),
        ("0.16", "only in 0.16"),
        ("0.16..1.3", "only from 0.16 to 1.3"),
    ],
)
def test_describe(written: str, words: str) -> None:
    assert MINORS.describe(MINORS.mask(written)) == words
