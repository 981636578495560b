"""What a schema finds wrong with a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from esolint.value import Route, Value, format_route

Holes: TypeAlias = Callable[[Route], bool]


class Violation(NamedTuple):
    """A rule's id (topic api of the rules), the route at fault, and what is the case."""

    rule: str
    route: Route
    message: str
    case: str | None = None


def no_holes(_: Route) -> bool:
    return False


def field_name(route: Route) -> str:
    """Name a value shortly: its key, with the list it is an item of (`data[0]`)."""
    start = len(route)
    while start > 0:
        start -= 1
        if isinstance(route[start], str):
            break
    return format_route(route[start:]) or "the object"


def kind_of(value: Value) -> str:
    """Name the type of a value as JSON has it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int):
        return "an integer"
    if isinstance(value, float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a mapping" if isinstance(value, dict) else "a list"
