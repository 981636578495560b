"""CEL's values, operators and functions, as cel-go and the libraries of Kubernetes define them.

A value of CEL is a value of `esolint.value`, a Duration, a Type or a URL. No message of a
failure holds a value: it may be a secret.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from esolint import go
from esolint.cel.syntax import INT_MAX, INT_MIN
from esolint.value import Route, format_route

MAX_SIZE = 1_000_000
"""Characters of a string, and items of a list, that an expression may build."""


class Failure(Exception):  # noqa: N818 - half of them are no errors
    """An evaluation that cannot go on: CEL's error, or with `unknown` a verdict that hangs."""

    def __init__(self, why: str, unknown: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.unknown = unknown


class Hole:
    """Stands where a value is not known before rendering; no function takes it."""

    __slots__ = ("why",)

    def __init__(self, variable: str, route: Route) -> None:
        self.why = f"{format_route((variable, *route))} is not known before rendering"


class Duration(NamedTuple):
    """A span of time, as Go's time.Duration."""

    nanoseconds: int


class Type(NamedTuple):
    """What `type(x)` gives."""

    name: str


class Url(NamedTuple):
    """What `url(x)` gives. `host` has the port, if any, behind a colon."""

    text: str
    scheme: str
    host: str


TYPES: dict[type, Type] = {
    bool: Type("bool"),
    int: Type("int"),
    float: Type("double"),
    str: Type("string"),
    list: Type("list"),
    dict: Type("map"),
    type(None): Type("null_type"),
    Type: Type("type"),
    Duration: Type("google.protobuf.Duration"),
    Url: Type("kubernetes.URL"),
}


def mismatch(name: str, *operands: Any) -> Failure:
    """Say that no overload takes these operands; a hole among them makes it unknown."""
    for operand in operands:
        if type(operand) is Hole:
            return Failure(operand.why, unknown=True)
    kinds = ", ".join(TYPES[type(operand)].name for operand in operands)
    return Failure(f"{name} does not take ({kinds})")


def mismatch_in(name: str, items: list[Any]) -> Failure:
    """Say that no overload takes a list of such items; a hole among them makes it unknown."""
    kinds = {TYPES[type(item)].name for item in items if type(item) is not Hole}
    if len(kinds) < 2 or any(type(item) is Hole for item in items):
        return mismatch(name, *items)
    return Failure(f"{name} does not take a list of {' and '.join(sorted(kinds))}")


def too_large() -> Failure:
    return Failure(f"a value of more than {MAX_SIZE} characters or items", unknown=True)


def worse(one: Failure | None, other: Failure) -> Failure:
    """Of two failures either of which could have decided: the unknown one, else the first."""
    other = other.with_traceback(None)  # it would keep the frames that keep it
    return other if one is None or (other.unknown and not one.unknown) else one


# Equality and order


def equal(a: Any, b: Any, frame: list[Any]) -> bool:
    """Compare as CEL does: unlike types are unequal, except that numbers are compared as such.

    `frame[0]` is the budget that comparing containers is paid from.
    """
    kind, other = type(a), type(b)
    if kind is other:
        if kind is list or kind is dict:
            return _equal_containers(a, b, frame)
        if kind is not Hole:
            return bool(a == b)
    elif (kind is int and other is float) or (kind is float and other is int):
        return _double(a) == _double(b)
    if kind is Hole or other is Hole:
        raise mismatch("==", a, b)
    return False


def _equal_containers(a: Any, b: Any, frame: list[Any]) -> bool:
    if len(a) != len(b):
        return False
    frame[0] -= len(a)
    if frame[0] < 0:
        raise exhausted()
    pending: Failure | None = None
    if type(a) is dict:
        if a.keys() != b.keys():
            return False
        pairs: Any = ((a[key], b[key]) for key in a)
    else:
        pairs = zip(a, b, strict=True)
    for one, other in pairs:
        try:
            if not equal(one, other, frame):
                return False
        except Failure as failure:
            pending = worse(pending, failure)
    if pending is not None:
        raise pending
    return True


def exhausted() -> Failure:
    return Failure("the evaluation takes too many steps", unknown=True)


def contains(item: Any, container: Any, frame: list[Any]) -> bool:
    """`item in container`: the items of a list, the keys of a map."""
    kind = type(container)
    if kind is list:
        frame[0] -= len(container) >> 3
        if type(item) is str and item in container:
            return True
        pending: Failure | None = None
        if type(item) is not str or frame[1]:
            for candidate in container:
                try:
                    if equal(candidate, item, frame):
                        return True
                except Failure as failure:
                    pending = worse(pending, failure)
        if pending is not None:
            raise pending
        return False
    if kind is dict:
        if type(item) not in _KEYS:
            raise mismatch("in", item, container)
        return has_key(container, item)
    raise mismatch("in", item, container)


_KEYS = frozenset((str, int, float, bool))


def has_key(container: dict[Any, Any], key: Any) -> bool:
    if type(key) is float and key.is_integer():
        key = int(key)
    return (type(key) is str or type(key) is int) and key in container


def element(container: Any, index: Any) -> Any:
    """`container[index]`."""
    kind = type(container)
    if kind is dict and type(index) is not Hole:
        if not has_key(container, index):
            raise Failure("no such key")
        return container[index]
    if kind is list:
        if type(index) is float and index.is_integer():
            index = int(index)
        if type(index) is int:
            if 0 <= index < len(container):
                return container[index]
            raise Failure(f"index {index} is out of range")
        raise mismatch("[]", index)
    raise mismatch("[]", container, index)


ORDERED = frozenset((str, int, float, bool, Duration))


def order(sign: str, a: Any, b: Any) -> tuple[Any, Any]:
    """Return the operands in a form that Python orders as CEL does."""
    kind, other = type(a), type(b)
    if kind is other and kind in ORDERED:
        return a, b
    if (kind is int and other is float) or (kind is float and other is int):
        return _double(a), _double(b)
    raise mismatch(sign, a, b)


# Arithmetic


def add(a: Any, b: Any) -> Any:
    kind = type(a)
    if kind is type(b):
        if kind is int:
            return _int64(a + b)
        if kind is float:
            return a + b
        if kind is str or kind is list:
            if len(a) + len(b) > MAX_SIZE:
                raise too_large()
            return a + b
        if kind is Duration:
            return Duration(_int64(a.nanoseconds + b.nanoseconds))
    raise mismatch("+", a, b)


def subtract(a: Any, b: Any) -> Any:
    kind = type(a)
    if kind is type(b):
        if kind is int:
            return _int64(a - b)
        if kind is float:
            return a - b
        if kind is Duration:
            return Duration(_int64(a.nanoseconds - b.nanoseconds))
    raise mismatch("-", a, b)


def multiply(a: Any, b: Any) -> Any:
    kind = type(a)
    if kind is type(b):
        if kind is int:
            return _int64(a * b)
        if kind is float:
            return a * b
    raise mismatch("*", a, b)


def divide(a: Any, b: Any) -> Any:
    kind = type(a)
    if kind is type(b):
        if kind is int:
            if b == 0:
                raise Failure("division by zero")
            quotient = abs(a) // abs(b)
            return _int64(quotient if (a < 0) == (b < 0) else -quotient)
        if kind is float:
            if b != 0:
                return a / b
            return float("nan") if a == 0 or a != a else a * float("inf") * _sign(b)
    raise mismatch("/", a, b)


def modulo(a: Any, b: Any) -> Any:
    if type(a) is int and type(b) is int:
        if b == 0:
            raise Failure("modulus by zero")
        return abs(a) % abs(b) * (-1 if a < 0 else 1)
    raise mismatch("%", a, b)


def negate(a: Any) -> Any:
    if type(a) is int:
        return _int64(-a)
    if type(a) is float:
        return -a
    raise mismatch("-", a)


def _sign(number: float) -> float:
    return -1.0 if str(number).startswith("-") else 1.0


def _int64(number: int) -> int:
    if INT_MIN <= number <= INT_MAX:
        return number
    raise Failure("integer overflow")


def _double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # only an int of a document that is far beyond 64 bits
        return float("inf") if number > 0 else float("-inf")


# Conversions

# Patterns stand as text: `re` compiles them when they are first used, and keeps them.
_INT = r"[+-]?0*[0-9]{1,19}"
_DOUBLE = r"(?i:[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf|infinity|nan))"
_BOOLS = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}


def format_double(number: float) -> str:
    """Write a double as Go's %g does."""
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "+Inf" if number > 0 else "-Inf"
    digits = len(re.sub(r"^-?0\.0*|e.*|\D", "", repr(number).removesuffix(".0")).rstrip("0")) or 1
    scientific = f"{number:.{digits - 1}e}"
    exponent = int(scientific.partition("e")[2])
    if exponent < -4 or exponent >= 6:
        return scientific
    return f"{number:.{max(digits - 1 - exponent, 0)}f}"


def _to_int(_: list[Any], value: Any) -> int:
    kind = type(value)
    if kind is int:
        return _int64(value)
    if kind is float:
        if -(2.0**63) < value < 2.0**63:
            return int(value)
        raise Failure("integer overflow")
    if kind is str:
        if re.fullmatch(_INT, value) and INT_MIN <= int(value) <= INT_MAX:
            return int(value)
        raise Failure("int() of a text that is no integer")
    raise mismatch("int", value)


def _to_double(_: list[Any], value: Any) -> float:
    if type(value) is int or type(value) is float:
        return _double(value)
    if type(value) is str:
        if re.fullmatch(_DOUBLE, value):
            return float(value)
        raise Failure("double() of a text that is no number")
    raise mismatch("double", value)


def _to_bool(_: list[Any], value: Any) -> bool:
    if type(value) is bool:
        return value
    if type(value) is str:
        if value in _BOOLS:
            return _BOOLS[value]
        raise Failure("bool() of a text that is no boolean")
    raise mismatch("bool", value)


def _to_string(_: list[Any], value: Any) -> str:
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(_int64(value))
    if kind is float:
        return format_double(value)
    if kind is Duration:
        seconds, rest = divmod(abs(value.nanoseconds), 1_000_000_000)
        fraction = f".{rest:09d}".rstrip("0") if rest else ""
        return f"{'-' if value.nanoseconds < 0 else ''}{seconds}{fraction}s"
    if kind is Url:
        raise Failure("string() of a URL is not supported", unknown=True)
    raise mismatch("string", value)


def _to_duration(_: list[Any], value: Any) -> Duration:
    if type(value) is Duration:
        return value
    if type(value) is str:
        try:
            return Duration(go.parse_duration(value))
        except ValueError:
            raise Failure("duration() of a text that is no duration") from None
    raise mismatch("duration", value)


def _to_url(_: list[Any], value: str) -> Url:
    url = parse_url(value)
    if url is None:
        raise Failure("url() of a text that is no URL")
    return url


def _type(_: list[Any], value: Any) -> Type:
    if type(value) is Hole:
        raise mismatch("type", value)
    return TYPES[type(value)]


# Text

_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680"
    + "".join(map(chr, range(0x2000, 0x200B)))
    + "\u2028\u2029\u202f\u205f\u3000"
)
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


@lru_cache(256)
def regex(pattern: str) -> Any:
    """Return the RE2 pattern. Raises Failure."""
    try:
        import re2
    except ImportError:
        raise Failure("google-re2 is not installed", unknown=True) from None
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError):
        raise Failure("not a regular expression of RE2") from None


def _matches(frame: list[Any], text: str, pattern: str) -> bool:
    frame[0] -= len(text) >> 5
    try:
        return regex(pattern).search(text) is not None
    except UnicodeEncodeError:
        raise Failure("a text that is no Unicode") from None


def _find_all(frame: list[Any], text: str, pattern: str, limit: int = -1) -> list[str]:
    frame[0] -= len(text) >> 3
    found: list[str] = []
    end = -1
    try:
        if limit == 0:
            return found
        for match in regex(pattern).finditer(text):
            if match.start() != match.end() or match.start() != end:
                found.append(match.group())
                if len(found) == limit:
                    break
            end = match.end()
    except UnicodeEncodeError:
        raise Failure("a text that is no Unicode") from None
    return found


def _find(frame: list[Any], text: str, pattern: str) -> str:
    return next(iter(_find_all(frame, text, pattern, 1)), "")


def _contains(frame: list[Any], text: str, part: str) -> bool:
    frame[0] -= len(text) >> 5
    return part in text


def _size(_: list[Any], value: Any) -> int:
    kind = type(value)
    if kind is str or kind is list or kind is dict:
        return len(value)
    raise mismatch("size", value)


def _char_at(_: list[Any], text: str, index: int) -> str:
    if not 0 <= index <= len(text):
        raise Failure("charAt() is out of range")
    return text[index : index + 1]


def _substring(_: list[Any], text: str, start: int, end: int | None = None) -> str:
    end = len(text) if end is None else end
    if not 0 <= start <= end <= len(text):
        raise Failure("substring() is out of range")
    return text[start:end]


def _index_of(frame: list[Any], value: Any, part: Any, offset: int = 0) -> int:
    if type(value) is list:
        frame[0] -= len(value)
        return next((i for i, item in enumerate(value) if equal(item, part, frame)), -1)
    if type(value) is not str or type(part) is not str:
        raise mismatch("indexOf", value, part)
    frame[0] -= len(value) >> 5
    if offset < 0:
        raise Failure("indexOf() is out of range")
    return value.find(part, offset) if part else offset


def _last_index_of(frame: list[Any], value: Any, part: Any, offset: int | None = None) -> int:
    if type(value) is list:
        frame[0] -= len(value)
        places = range(len(value) - 1, -1, -1)
        return next((i for i in places if equal(value[i], part, frame)), -1)
    if type(value) is not str or type(part) is not str:
        raise mismatch("lastIndexOf", value, part)
    frame[0] -= len(value) >> 5
    if offset is None:
        return value.rfind(part)
    if offset < 0:
        raise Failure("lastIndexOf() is out of range")
    if not part:
        return offset
    return value.rfind(part, 0, offset + len(part)) if offset < len(value) else -1


def _replace(frame: list[Any], text: str, old: str, new: str, limit: int = -1) -> str:
    count = text.count(old) if limit < 0 else min(text.count(old), limit)
    if len(text) + count * (len(new) - len(old)) > MAX_SIZE:
        raise too_large()
    frame[0] -= len(text) >> 3
    return text.replace(old, new, count)


def _split(frame: list[Any], text: str, separator: str, limit: int = -1) -> list[str]:
    frame[0] -= len(text) >> 3
    if limit == 0:
        return []
    if separator:
        return text.split(separator, -1 if limit < 0 else limit - 1)
    if limit < 0 or limit >= len(text):
        return list(text)
    return [*text[: limit - 1], text[limit - 1 :]]


def _join(frame: list[Any], items: list[Any], separator: str = "") -> str:
    frame[0] -= len(items)
    size = len(separator) * len(items)
    for item in items:
        if type(item) is not str:
            raise mismatch_in("join()", items)
        size += len(item)
    if size > MAX_SIZE:
        raise too_large()
    return separator.join(items)


def _trim(_: list[Any], text: str) -> str:
    return text.strip(_SPACE)


def _lower_ascii(frame: list[Any], text: str) -> str:
    frame[0] -= len(text) >> 3
    return text.translate(_LOWER)


def _upper_ascii(frame: list[Any], text: str) -> str:
    frame[0] -= len(text) >> 3
    return text.translate(_UPPER)


# Lists


def _ascending(items: list[Any], one: Any, other: Any, strict: bool) -> bool:
    try:
        a, b = order("<", one, other)
    except Failure:
        raise mismatch_in("an order", items) from None
    return bool(a < b if strict else a <= b)


def _is_sorted(frame: list[Any], items: list[Any]) -> bool:
    frame[0] -= len(items)
    return all(_ascending(items, a, b, False) for a, b in pairwise(items))


def _extreme(name: str, items: list[Any], largest: bool) -> Any:
    if not items:
        raise Failure(f"{name}() of an empty list")
    best = items[0]
    for item in items:
        one, other = (best, item) if largest else (item, best)
        if _ascending(items, one, other, True):
            best = item
    return best


def _max(frame: list[Any], items: list[Any]) -> Any:
    frame[0] -= len(items)
    return _extreme("max", items, True)


def _min(frame: list[Any], items: list[Any]) -> Any:
    frame[0] -= len(items)
    return _extreme("min", items, False)


def _sum(frame: list[Any], items: list[Any]) -> Any:
    frame[0] -= len(items)
    total: Any = None
    for item in items:
        if type(item) not in (int, float, Duration):
            raise mismatch_in("sum()", items)
        total = item if total is None else add(total, item)
    return 0 if total is None else total


def _sets_contains(frame: list[Any], items: list[Any], parts: list[Any]) -> bool:
    frame[0] -= len(items) * len(parts)
    if frame[0] < 0:
        raise exhausted()
    return all(contains(part, items, frame) for part in parts)


def _sets_intersects(frame: list[Any], items: list[Any], others: list[Any]) -> bool:
    frame[0] -= len(items) * len(others)
    if frame[0] < 0:
        raise exhausted()
    return any(contains(other, items, frame) for other in others)


def _sets_equivalent(frame: list[Any], items: list[Any], others: list[Any]) -> bool:
    return _sets_contains(frame, items, others) and _sets_contains(frame, others, items)


# URLs


def parse_url(text: str) -> Url | None:
    """Read what Go's url.ParseRequestURI and url.Parse both take, as Kubernetes' url() does."""
    try:
        go.parse_url(text, request=True)
        parts = go.parse_url(text)
    except ValueError:
        return None
    return Url(text, parts.scheme, parts.host)


def _host_and_port(url: Url) -> tuple[str, str]:
    host, colon, port = url.host.rpartition(":")
    if not colon or "]" in port:
        host, port = url.host, ""
    return host.removeprefix("[").removesuffix("]"), port


# The table


class Function(NamedTuple):
    """`run(frame, *operands)` gets operands of the kinds in `takes`; None is any.

    The target of a method is its first operand. The last `optional` operands may be left out.
    `style` says how it is called: "method", "function" or "both"; `portable` whether the
    subset has it that every engine of CEL agrees on.
    """

    run: Callable[..., Any]
    takes: tuple[type | None, ...]
    style: str = "method"
    optional: int = 0
    portable: bool = False


_MINUTE = 60_000_000_000
FUNCTIONS: dict[str, Function] = {
    "size": Function(_size, (None,), "both", portable=True),
    "matches": Function(_matches, (str, str), "both", portable=True),
    "startsWith": Function(lambda _, s, part: s.startswith(part), (str, str), portable=True),
    "endsWith": Function(lambda _, s, part: s.endswith(part), (str, str), portable=True),
    "contains": Function(_contains, (str, str), portable=True),
    "int": Function(_to_int, (None,), "function", portable=True),
    "double": Function(_to_double, (None,), "function", portable=True),
    "string": Function(_to_string, (None,), "function", portable=True),
    "duration": Function(_to_duration, (None,), "function", portable=True),
    "bool": Function(_to_bool, (None,), "function"),
    "dyn": Function(lambda _, value: value, (None,), "function"),
    "type": Function(_type, (None,), "function"),
    "getHours": Function(lambda _, d: int(divide(d.nanoseconds, 60 * _MINUTE)), (Duration,)),
    "getMinutes": Function(lambda _, d: int(divide(d.nanoseconds, _MINUTE)), (Duration,)),
    "getSeconds": Function(lambda _, d: int(divide(d.nanoseconds, 10**9)), (Duration,)),
    "getMilliseconds": Function(lambda _, d: int(divide(d.nanoseconds, 10**6)), (Duration,)),
    "charAt": Function(_char_at, (str, int)),
    "indexOf": Function(_index_of, (None, None, int), optional=1),
    "lastIndexOf": Function(_last_index_of, (None, None, int), optional=1),
    "join": Function(_join, (list, str), optional=1),
    "lowerAscii": Function(_lower_ascii, (str,)),
    "upperAscii": Function(_upper_ascii, (str,)),
    "replace": Function(_replace, (str, str, str, int), optional=1),
    "split": Function(_split, (str, str, int), optional=1),
    "substring": Function(_substring, (str, int, int), optional=1),
    "trim": Function(_trim, (str,)),
    "find": Function(_find, (str, str)),
    "findAll": Function(_find_all, (str, str, int), optional=1),
    "isSorted": Function(_is_sorted, (list,)),
    "max": Function(_max, (list,)),
    "min": Function(_min, (list,)),
    "sum": Function(_sum, (list,)),
    "sets.contains": Function(_sets_contains, (list, list), "function"),
    "sets.equivalent": Function(_sets_equivalent, (list, list), "function"),
    "sets.intersects": Function(_sets_intersects, (list, list), "function"),
    "isURL": Function(lambda _, s: parse_url(s) is not None, (str,), "function"),
    "url": Function(_to_url, (str,), "function"),
    "getScheme": Function(lambda _, url: url.scheme, (Url,)),
    "getHost": Function(lambda _, url: url.host, (Url,)),
    "getHostname": Function(lambda _, url: _host_and_port(url)[0], (Url,)),
    "getPort": Function(lambda _, url: _host_and_port(url)[1], (Url,)),
}

# What Kubernetes has and this package has not, so that an error can say so.
LIBRARIES = frozenset(
    ("authorizer", "base64", "cel", "format", "lists", "math", "optional", "strings")
)
REFUSED = frozenset(
    (
        "bytes", "timestamp", "uint", "quantity", "isQuantity", "semver", "isSemver", "ip",
        "isIP", "cidr", "isCIDR", "format", "quote", "reverse", "flatten", "distinct", "slice",
        "sort", "sortBy", "first", "last", "getQuery", "getEscapedPath", "value", "hasValue",
        "or", "orValue", "optMap", "optFlatMap", "transformList", "transformMap",
        "transformMapEntry", "existsOne", "getDate", "getDayOfMonth", "getDayOfWeek",
        "getDayOfYear", "getFullYear", "getMonth", "isGreaterThan", "isLessThan", "compareTo",
        "asInteger", "asApproximateFloat", "isInteger",
    )
)  # fmt: skip
