"""What Go's standard library reads, and how: durations, URLs, UUIDs and regular expressions.

ESO hands these texts to Go (1.26 in ESO v2.9.0), so its verdict is what counts.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Compiled when first used, for most runs need none.
_NUMBER = r"([0-9]*)(\.[0-9]*)?"
_UNIT = r"[^.0-9]*"

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # U+00B5, the micro sign
    "μs": 1_000,  # U+03BC, the Greek letter
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_LIMIT = 1 << 63  # nanoseconds; as many fit below zero, one fewer above


def parse_duration(text: str) -> int:
    """Return a duration in nanoseconds, as `time.ParseDuration` reads it.

    Raises ValueError with what is wrong (`unknown unit "d"`).
    """
    rest = text.removeprefix("-") if text.startswith("-") else text.removeprefix("+")
    if rest == "0":
        return 0
    if not rest:
        raise ValueError("empty")
    total = 0
    while rest:
        match = re.match(_NUMBER, rest)
        whole, fraction = match.groups() if match else ("", None)
        if not whole and not (fraction or "")[1:]:
            raise ValueError("no number where one belongs")
        rest = rest[len(whole) + len(fraction or "") :]
        unit = re.match(_UNIT, rest)
        name = unit[0] if unit else ""
        if not name:
            raise ValueError("missing unit")
        if name not in _UNITS:
            raise ValueError(f'unknown unit "{name}"')
        rest = rest[len(name) :]
        whole = whole.lstrip("0") or "0"
        total += _LIMIT + 1 if len(whole) > 19 else int(whole) * _UNITS[name]
        if total > _LIMIT:
            raise ValueError("too long for a duration")
        total += _fraction((fraction or "")[1:], _UNITS[name])
        if total > _LIMIT:
            raise ValueError("too long for a duration")
    if text.startswith("-"):
        return -total
    if total == _LIMIT:
        raise ValueError("too long for a duration")
    return total


def duration_error(text: str) -> str | None:
    """Return why Go does not take a text as a duration, or None where it does."""
    try:
        parse_duration(text)
    except ValueError as error:
        return str(error)
    return None


def _fraction(digits: str, unit: int) -> int:
    """Return the nanoseconds of the digits behind the point, rounded as Go does it."""
    value, scale = 0, 1.0
    for digit in digits:
        larger = value * 10 + int(digit)
        if value > (_LIMIT - 1) // 10 or larger > _LIMIT:
            break  # more digits than Go keeps
        value, scale = larger, scale * 10
    return int(float(value) * (float(unit) / scale))


class Url(NamedTuple):
    """The parts of a URL that ESO looks at; each is empty where the URL lacks it."""

    scheme: str
    host: str


_CONTROL = r"[\x00-\x1f\x7f]"
_SCHEME = r"([A-Za-z][A-Za-z0-9+.-]*)?:"
_BAD_ESCAPE = r"%(?![0-9A-Fa-f]{2})"
_USERINFO = r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*"
_BAD_HOST = r"[\x00-\x20#/?@\\^`{|}\x7f]"
_ASCII_ESCAPE = r"%[0-7]"
_PORT = r"(?::[0-9]*)?"


def parse_url(text: str, *, request: bool = False) -> Url:
    """Return the parts of a URL as `url.Parse` or, for a request, `url.ParseRequestURI` reads it.

    Raises ValueError with what is wrong.
    """
    if not request:
        text, _, fragment = text.partition("#")
        _check_escapes(fragment)
    elif not text:
        raise ValueError("empty")
    if re.search(_CONTROL, text):
        raise ValueError("a control character")
    if text == "*":
        return Url("", "")
    scheme, rest = "", text
    match = re.match(_SCHEME, text)
    if match:
        if match[1] is None:
            raise ValueError("nothing before the colon")
        scheme, rest = match[1].lower(), text[match.end() :]
    rest = rest.partition("?")[0]
    if not rest.startswith("/"):
        if scheme:
            return Url(scheme, "")
        if request:
            raise ValueError("neither scheme nor leading slash")
        if ":" in rest.partition("/")[0]:
            raise ValueError("a colon in its first segment")
    host = ""
    if rest.startswith("//") and (scheme or not (request or rest.startswith("///"))):
        authority, slash, rest = rest[2:].partition("/")
        rest = slash + rest
        host = _parse_authority(scheme, authority)
    _check_escapes(rest)
    return Url(scheme, host)


def _check_escapes(text: str) -> None:
    if re.search(_BAD_ESCAPE, text):
        raise ValueError("a broken percent escape")


def _parse_authority(scheme: str, authority: str) -> str:
    userinfo, _, host = authority.rpartition("@")
    if not re.fullmatch(_USERINFO, userinfo):
        raise ValueError("a character that no user name may hold")
    _check_escapes(userinfo)
    name, port = host, ""
    if "[" in host:
        name, bracket, port = host.rpartition("]")
        if not bracket:
            raise ValueError("no closing bracket behind the address")
        _check_address(name)
    elif ":" in host:
        # A web address has one colon at most; other schemes may list several hosts.
        web = scheme in ("http", "https")
        port = host[host.find(":") if web else host.rfind(":") :]
        name = host[: -len(port)]
    if not re.fullmatch(_PORT, port):
        raise ValueError("no number as port")
    _check_escapes(name)
    if re.search(_ASCII_ESCAPE, name.partition("%25")[0]):
        raise ValueError("an escaped ASCII character in the host")
    if re.search(_BAD_HOST, name):
        raise ValueError("a character that no host may hold")
    return host


def _check_address(literal: str) -> None:
    """Refuse what is no `[` and IPv6 address, perhaps with a zone behind `%25`."""
    from ipaddress import AddressValueError, IPv6Address

    address, percent, zone = literal[1:].partition("%25")
    try:
        IPv6Address(address)
    except AddressValueError:
        address = "%"
    if literal[:1] != "[" or "%" in address or (percent and not zone):
        raise ValueError("no IPv6 address in the brackets")


_UUID = r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
_UUID4 = r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-4[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}"
_HEX32 = r"[0-9A-Fa-f]{32}"


def is_uuid(text: str) -> bool:
    """Say whether google/uuid's Parse takes a text: plain, `urn:uuid:…`, in braces, 32 digits.

    It looks at no brace: any two characters may stand around the 36.
    """
    length = len(text.encode(errors="replace"))
    if length == 45 and text[:9].casefold() == "urn:uuid:":
        text = text[9:]
    elif length == 38:
        text = text[1:37] if len(text) == 38 else ""
    return bool(re.fullmatch(_UUID, text) or re.fullmatch(_HEX32, text))


def is_uuid4(text: str) -> bool:
    """Say whether a text is a random UUID (version 4) in its plain form."""
    return bool(re.fullmatch(_UUID4, text))


def holds_uuid(text: str) -> bool:
    """Say whether a UUID stands anywhere in a text."""
    return bool(re.search(_UUID, text))


_ONLY_RE2 = r"(?s)\\(?:Q.*?(?:\\E|\Z)|(C)|.)|\(\?P?<(\w*[^\x00-\x7f]\w*)>"


def regexp_error(pattern: str) -> str | None:
    """Return why Go's regexp package does not compile a pattern, or None where it does."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 256 << 20  # Go bounds the pattern, not the memory
    try:
        re2.compile(pattern.encode(errors="replace").decode(), options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
    # Go does not have all that RE2 has.
    for match in re.finditer(_ONLY_RE2, pattern):
        if match[1]:
            return "invalid escape sequence: \\C"
        if match[2]:
            return f"invalid named capture group: {match[0]}"
    return None


def regexp_finds(pattern: str, text: str) -> bool | None:
    """Say whether Go finds a pattern somewhere in a text; None where it does not compile."""
    if regexp_error(pattern) is not None:
        return None
    import re2

    return re2.search(pattern.encode(errors="replace").decode(), text) is not None
