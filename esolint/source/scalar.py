"""YAML scalars as Kubernetes' clients read them: YAML 1.1 through Go, then JSON.

Source: sigs.k8s.io/yaml 1.4 (its fork of go-yaml v2, resolve.go), measured on real input:
`yes`, `on` and `y` are booleans, `010` is 8, `1e3` is 1000, `1:30` and dates are strings.
"""

from __future__ import annotations

import base64
import binascii
import re

from esolint.value import Value

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE"), True),
    **dict.fromkeys(("on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE"), False),
    **dict.fromkeys(("off", "Off", "OFF"), False),
}
_BEGINS_NUMBER = frozenset("+-.0123456789")
_INFINITIES = (f"{sign}.{word}" for sign in ("", "+", "-") for word in ("inf", "Inf", "INF"))
_NOT_JSON = frozenset((*_INFINITIES, ".nan", ".NaN", ".NAN"))
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# Python refuses to convert much longer numerals, and Go has made a float of them long before.
_MOST_DIGITS = 400
_CORE = "tag:yaml.org,2002:"


class ScalarError(ValueError):
    """A scalar that Kubernetes' clients refuse; the text says why."""


def plain(text: str) -> Value:
    """Return the value of an unquoted scalar.

    Raises ScalarError for what has no JSON form (`.inf`, `.nan`).
    """
    if text[:1] not in _BEGINS_NUMBER:
        return _WORDS.get(text, text)
    if text in _NOT_JSON:
        raise ScalarError(f"{text} has no JSON form")
    return _number(text)


def _number(text: str) -> Value:
    numeral = text.replace("_", "")
    match = _INTEGER.fullmatch(numeral)
    if match and len(numeral) < _MOST_DIGITS:
        sign, hexadecimal, binary, octal, decimal = match.groups()
        if hexadecimal:
            integer = int(hexadecimal, 16)
        elif binary:
            integer = int(binary, 2)
        elif octal:
            integer = int(octal, 8)
        else:
            integer = int(decimal)
        integer = -integer if sign == "-" else integer
        if -(1 << 63) <= integer < (1 << 64):
            return integer
    if _FLOAT.fullmatch(numeral):
        number = float(numeral)
        if abs(number) == float("inf"):
            return text
        # Go writes a whole float without a point, so the API server reads an integer.
        return int(number) if number.is_integer() and abs(number) < 1 << 63 else number
    return text


def tagged(tag: str, text: str) -> Value:
    """Return the value of a scalar with an explicit tag.

    Raises ScalarError where the text is none of that type. Tags other than YAML's own
    leave a string.
    """
    name = tag.removeprefix(_CORE)
    if name == "binary":
        try:
            data = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
        except (binascii.Error, ValueError) as error:
            raise ScalarError("!!binary with text that is not base64") from error
        return data.decode("utf-8", "replace")
    if name in ("int", "float", "bool", "null"):
        value = plain(text)
        fits = {
            "int": isinstance(value, int) and not isinstance(value, bool),
            "float": isinstance(value, int | float) and not isinstance(value, bool),
            "bool": isinstance(value, bool),
            "null": value is None,
        }
        if not fits[name]:
            raise ScalarError(f"a scalar tagged !!{name} that is none")
        return value
    return text


def is_own_tag(tag: str | None) -> bool:
    """Say whether a tag is none of YAML's: what it makes of the value only its tool knows."""
    return tag is not None and tag != "!" and not tag.startswith(_CORE)


def is_merge(text: str, tag: str | None, is_plain: bool) -> bool:
    """Say whether a key is the merge key `<<`."""
    return text == "<<" and (is_plain or tag == _CORE + "merge")


def key(value: Value) -> str:
    """Return a mapping key as the string that JSON makes of it.

    Raises ScalarError for what can be no key: null, a mapping, a list.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        raise ScalarError("a null key")
    if isinstance(value, dict | list):
        raise ScalarError("a mapping or list stands as a key")
    return str(value)
