"""Patterns and formats of strings, as Go's regexp and the API server's strfmt judge them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple


class Words(NamedTuple):
    """A pattern in words: what it describes, and what such a thing is made of."""

    name: str
    letters: str


# What the schemas of ESO hold most. Each is linear in Python's engine too; everything else
# goes through RE2, for a pattern and a value of a stranger can cost hours otherwise.
WORDS = {
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$": Words(
        "a DNS-1123 name", 'lower-case letters, digits, "-" and "."'
    ),
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$": Words(
        "a DNS-1123 label", 'lower-case letters, digits and "-"'
    ),
    r"^[-._a-zA-Z0-9]+$": Words("a key", 'letters, digits, "-", "_" and "."'),
    r"^[a-z0-9-]+$": Words("such a name", 'lower-case letters, digits and "-"'),
}

_BASE64 = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})"
_TIME = r"(?a)(\d{2}):(\d{2}):(\d{2})(?:.\d+)?(?:z|[+-]\d{2}:\d{2})"
_UUID = r"[0-9a-f]{8}-?[0-9a-f]{4}-?%s-?%s-?[0-9a-f]{12}"
_HEX4 = "[0-9a-f]{4}"


@cache
def matcher(pattern: str) -> Callable[[str], object]:
    """Return a function that says whether a string matches a pattern of Go's regexp.

    A pattern that Go refuses, which no CRD can hold, matches everything.
    """
    if pattern in WORDS:
        # Go's $ is the end of the text, Python's also the place before a last line feed.
        return re.compile(pattern[:-1] + r"\Z").search
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        search: Callable[[str], object] = re2.compile(pattern, options).search
    except re2.error:
        return lambda _: True
    return search


def is_format(name: str, text: str) -> bool:
    """Say whether a string has a format; one that is not known here is not judged."""
    check = _FORMATS.get(name.replace("-", ""))
    return check is None or bool(check(text))


def _date(text: str) -> bool:
    from datetime import date

    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _datetime(text: str) -> bool:
    day, separator, time = text.lower().partition("t")
    match = re.match(_TIME, time.partition("t")[0]) if separator and _date(day) else None
    return match is not None and match[1] <= "23" and match[2] <= "59" and match[3] <= "59"


def _address(*classes: str) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        import ipaddress

        for name in classes:
            try:
                getattr(ipaddress, name)(text)
            except ValueError:
                continue
            return True
        return False

    return check


def _uuid(third: str = _HEX4, fourth: str = _HEX4) -> Callable[[str], object]:
    return lambda text: re.fullmatch(_UUID % (third, fourth), text, re.IGNORECASE | re.ASCII)


_FORMATS: dict[str, Callable[[str], object]] = {
    "byte": lambda text: re.fullmatch(_BASE64, text),
    "date": _date,
    "datetime": _datetime,
    "ipv4": _address("IPv4Address"),
    "ipv6": _address("IPv6Address"),
    "uuid": _uuid(),
    "uuid3": _uuid("3[0-9a-f]{3}"),
    "uuid4": _uuid("4[0-9a-f]{3}", "[89ab][0-9a-f]{3}"),
    "uuid5": _uuid("5[0-9a-f]{3}", "[89ab][0-9a-f]{3}"),
}

FORMAT_NAMES = {
    "byte": "base64",
    "date": "a date such as 2026-01-31",
    "datetime": "a date and time such as 2026-01-31T09:30:00Z",
    "date-time": "a date and time such as 2026-01-31T09:30:00Z",
}
