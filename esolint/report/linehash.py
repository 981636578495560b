"""The fingerprint that GitHub code scanning gives to a line of a file.

An alert keeps its identity from run to run by `primaryLocationLineHash`. The upload action
computes it where a report has none and warns where it differs; the upload endpoint does not
compute it. Behaviour as of github/codeql-action v3, src/fingerprints.ts.
"""

from __future__ import annotations

from itertools import accumulate
from struct import unpack

_WINDOW = 100
_BASE = 37
_WORD = (1 << 64) - 1
_SHIFT = pow(_BASE, _WINDOW, 1 << 64)
_NEWLINE, _END = 0x0A, 0xFFFF


def line_hashes(content: bytes) -> list[str]:
    """Return the fingerprint of each line of a file.

    It is a polynomial, modulo 2^64, of the 100 UTF-16 units from the line's start on, followed
    by how often that value has come up in the file so far. Spaces and tabs are left out, each
    line ending is one newline, after the file come 0xFFFF and zeros.
    """
    text = content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    encoded = text.replace(" ", "").replace("\t", "").encode("utf-16-le")
    units = (*unpack(f"<{len(encoded) // 2}H", encoded), _END, *[0] * _WINDOW)
    prefix = [*accumulate(units, lambda value, unit: (value * _BASE + unit) & _WORD, initial=0)]
    seen: dict[int, int] = {}
    hashes = []
    start = 0
    while start < len(units) - _WINDOW:
        value = (prefix[start + _WINDOW] - prefix[start] * _SHIFT) & _WORD
        seen[value] = seen.get(value, 0) + 1
        hashes.append(f"{value:x}:{seen[value]}")
        try:
            start = units.index(_NEWLINE, start) + 1
        except ValueError:
            break
    return hashes
