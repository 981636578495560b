from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from esolint.report.linehash import line_hashes


def slow(text: str) -> list[str]:
    """Hash each line by the definition, unit by unit."""
    lines = re.split("\r\n|\r|\n", text)
    hashes: list[str] = []
    for number in range(len(lines)):
        rest = "\n".join(lines[number:]).replace(" ", "").replace("\t", "")
        raw = rest.encode("utf-16-le")
        units = [raw[i] + 256 * raw[i + 1] for i in range(0, len(raw), 2)] + [65535] + [0] * 100
        value = sum(unit * 37 ** (99 - place) for place, unit in enumerate(units[:100]))
        written = f"{value % 2**64:x}"
        hashes.append(f"{written}:{1 + sum(h.startswith(f'{written}:') for h in hashes)}")
    return hashes


def test_values_that_the_upload_action_computes() -> None:
    assert line_hashes(b"") == ["c129715d7a2bc9a3:1"]
    assert line_hashes(b" a\nb\n  \t\tc\n d") == [
        "271789c17abda88f:1",
        "54703d4cd895b18:1",
        "180aee12dab6264:1",
        "a23a3dc5e078b07b:1",
    ]


@given(st.text(st.sampled_from(" \t\r\nab😀é\ufeff"), max_size=300))
def test_each_line_has_the_hash_that_the_definition_gives(text: str) -> None:
    assert line_hashes(text.encode()) == slow(text)


def test_equal_stretches_are_numbered() -> None:
    assert [h.partition(":")[2] for h in line_hashes(b"- key: value\n" * 40)][:3] == ["1", "2", "3"]


def test_bytes_that_are_no_text_do_not_stop_it() -> None:
    assert len(line_hashes(b"\xff\xfe\n\x80")) == 2
