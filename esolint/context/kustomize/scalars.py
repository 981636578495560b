"""Plain scalars that kustomize reads otherwise than Kubernetes' clients do.

kustomize keeps `yes`, `on` and `n` strings, writes a plain date as a point in time, a value
that is left out between braces as an empty string, and makes each annotation a string of
what was written. What `kubectl apply -f` makes of the same file
is what `esolint.source` reads. Measured with kubectl 1.32.
"""

from __future__ import annotations

import re
from datetime import date

from esolint.context.kustomize.item import ANNOTATIONS, Item
from esolint.context.kustomize.merge import list_keys
from esolint.source import Document
from esolint.value import Route, at, leaves, mapping

_WORD = re.compile(r"y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF")
_DATE = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)")
_TIME = re.compile(r"\d{4}-\d\d?-\d\d?T.*", re.DOTALL)
_SAME_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)")
_MAY_DIFFER = re.compile(
    r"[\s,\[{:-](?:[yYnN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|\d{4}-\d\d?-\d\d?(?:T\S*)?)"
    r"[ \t]*(?:[,\]}:#\r\n]|\Z)"
)
_BOOLEANS = ("true", "false")
_BLANK_IN_BRACES = re.compile(r":[ \t\r\n]*[,}\]]")


def differing(document: Document) -> dict[Route, str | None]:
    """Return the scalars that kustomize reads otherwise: as which text, None where unknown."""
    found: dict[Route, str | None] = {}
    if _BLANK_IN_BRACES.search(document.text):
        for route, value in leaves(document.value):
            blank = value is None and route and document.raw(route) == ""
            if blank and document.raw(route[:-1])[:1] in ("{", "["):
                found[route] = ""
    if not _MAY_DIFFER.search(document.text):
        return found
    for route, value in leaves(document.value):
        key = next((i for i, step in enumerate(route) if step in _BOOLEANS), None)
        if key is not None:
            # A key `yes` is kept too; its mapping is given up rather than rebuilt.
            found[route[:key]] = None
        elif isinstance(value, bool):
            raw = document.raw(route)
            if _WORD.fullmatch(raw):
                found[route] = raw
        elif isinstance(value, str) and value[:4].isdigit() and document.raw(route) == value:
            if _DATE.fullmatch(value):
                found[route] = _point_in_time(value)
            elif _TIME.fullmatch(value) and not _SAME_TIME.fullmatch(value):
                found[route] = None
    return found


def _point_in_time(written: str) -> str:
    match = _DATE.fullmatch(written)
    assert match is not None
    try:
        return f"{date(*map(int, match.groups())).isoformat()}T00:00:00Z"
    except ValueError:
        return written


def drop_blanks(item: Item) -> None:
    """Take away the keys without a value: what a strategic merge does on its way."""
    if item.as_json:
        return
    for route, value in list(leaves(item.value)):
        if value is None or value == "":
            document, there = item.origin(route)
            blank = at(document.value, there) is None and document.raw(there) == ""
            if blank and all(isinstance(step, str) for step in route):
                item.remove(route)
            elif blank and list_keys_on(item, route):
                item.forget(route[:-1])


def list_keys_on(item: Item, route: Route) -> bool:
    """Say whether a list on the way to `route` is one whose items are merged."""
    return any(
        isinstance(step, int) and list_keys(item, route[:i]) is not None
        for i, step in enumerate(route)
    )


def annotations_as_written(item: Item) -> None:
    """Make the annotations strings, as they are written in their documents."""
    for key, value in mapping(at(item.value, ANNOTATIONS)).items():
        route = (*ANNOTATIONS, key)
        document, there = item.origin(route)
        if not isinstance(value, str | dict | list) and not item.unknown(route):
            item.put(route, document.raw(there), (document, there))


def annotations_as_json(item: Item) -> None:
    """Make the annotations strings as JSON writes them: what a JSON patch leaves behind."""
    first, item.as_json = not item.as_json, True
    for key, value in mapping(at(item.value, ANNOTATIONS)).items():
        route = (*ANNOTATIONS, key)
        if isinstance(value, str) and not first:
            continue
        origin = item.origin(route)
        read = at(origin[0].value, origin[1])
        if isinstance(read, str) and isinstance(value, str):
            if _DATE.fullmatch(value) and origin[0].raw(origin[1]) == value:
                item.forget(route)
        elif isinstance(read, float) or isinstance(value, float | dict | list):
            item.forget(route)
        elif isinstance(read, bool):
            item.put(route, "true" if read else "false", origin)
            if isinstance(value, str) and value not in _BOOLEANS:
                item.put(route, value, origin)
        elif read is None and origin[0].raw(origin[1]) == "":
            item.forget(route)
        elif read is None or isinstance(read, int):
            item.put(route, "null" if read is None else str(read), origin)
