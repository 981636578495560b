"""Plain values and the routes into them: what every other room passes around.

A value is what Kubernetes' clients decode a document into. A route is a path inside it,
a tuple of mapping keys and list indexes; `()` is the value itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TypeAlias

Value: TypeAlias = "dict[str, Value] | list[Value] | str | int | float | bool | None"
Route: TypeAlias = tuple[str | int, ...]

_STEP = r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\.?([^.\[\]]+)'
_PLAIN_KEY = r"[^.\[\]\"\s]+"


def at(value: Value, route: Route) -> Value:
    """Return what stands at `route`, or None where nothing does."""
    for step in route:
        if isinstance(value, dict):
            value = value.get(step) if isinstance(step, str) else None
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def exists(value: Value, route: Route) -> bool:
    """Say whether `route` leads somewhere; an explicit null counts as there."""
    for step in route:
        if isinstance(value, dict):
            if step not in value:
                return False
            value = value[step]
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            return False
    return True


def mapping(value: Value) -> dict[str, Value]:
    """Return the value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Value) -> list[Value]:
    """Return the value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: Value) -> str | None:
    """Return the value if it is a string that is not empty, else None."""
    return value if isinstance(value, str) and value else None


def walk(value: Value, route: Route = ()) -> Iterator[tuple[Route, Value]]:
    """Yield `value` and everything below it with its route, in document order."""
    stack: list[tuple[Route, Value]] = [(route, value)]
    while stack:
        here, item = stack.pop()
        yield here, item
        if isinstance(item, dict):
            stack.extend(((*here, key), item[key]) for key in reversed(item))
        elif isinstance(item, list):
            stack.extend(((*here, i), item[i]) for i in range(len(item) - 1, -1, -1))


def leaves(value: Value, route: Route = ()) -> Iterator[tuple[Route, Value]]:
    """Yield each scalar below `value` with its route, in document order."""
    return (found for found in walk(value, route) if not isinstance(found[1], dict | list))


def expand(route: Route, value: Value) -> list[Route]:
    """Return the routes that one with `*` for each item of a list means in `value`.

    Behind its last `*` a route may lead nowhere.
    """
    if "*" not in route:
        return [route]
    star = route.index("*")
    above, rest = route[:star], route[star + 1 :]
    items = sequence(at(value, above))
    return [(*above, i, *below) for i, item in enumerate(items) for below in expand(rest, item)]


def format_route(route: Route) -> str:
    """Write a route for people: `spec.data[0].key`, `metadata.labels["a.b/c"]`."""
    out = ""
    for step in route:
        if isinstance(step, int):
            out += f"[{step}]"
        elif re.fullmatch(_PLAIN_KEY, step):
            out += f".{step}" if out else step
        else:
            escaped = step.replace("\\", "\\\\").replace('"', '\\"')
            out += f'["{escaped}"]'
    return out


@cache
def parse_route(written: str) -> Route:
    """Read what `format_route` writes; `*` is a key like any other.

    Raises ValueError on text that is no route.
    """
    route: list[str | int] = []
    end = 0
    for match in re.finditer(_STEP, written):
        if match.start() != end:
            break
        end = match.end()
        quoted, index, key = match.groups()
        if quoted is not None:
            route.append(re.sub(r"\\(.)", r"\1", quoted))
        else:
            route.append(int(index) if index is not None else key)
    if end != len(written):
        raise ValueError(f"not a route: {written!r}")
    return tuple(route)


def route_in(route: Route, roots: Mapping[Route, object] | Sequence[Route]) -> bool:
    """Say whether `route` is one of `roots` or lies below one of them."""
    return any(route[: len(root)] == root for root in roots)
