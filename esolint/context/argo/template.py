"""The templates of an ApplicationSet: parameters filled into texts, as far as they are simple.

Two languages: names between braces (`{{path.basename}}`), and Go templates, of which only
fields (`{{ .path.basename }}`), `index` and a few functions of one text are read.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from esolint.value import Route, Value

Params: TypeAlias = "dict[str, Value]"

OPENING, CLOSING = "{{", "}}"
_LONGEST = 10_000
_SPACE = " \t\r\n"
_TRIMS_BEFORE = tuple(f"-{space}" for space in _SPACE)
_TRIMS_BEHIND = tuple(f"{space}-" for space in _SPACE)
_FIELD = r"(?:\.[A-Za-z_]\w*)+"
_INDEX = re.compile(rf'index\s+({_FIELD})((?:\s+(?:\d+|"[^"\\]*"))+)')
_KEY = re.compile(r'(\d+)|"([^"\\]*)"')
_FIELDS = re.compile(_FIELD)
_WORD = re.compile(r"\w+")
# Floats of a million and more are written with an exponent, and JSON has no integers.
_LARGE = 1_000_000


class Filled(NamedTuple):
    """A value with parameters in it: which texts are complete, and which are not known."""

    value: Value
    known: frozenset[Route]
    holes: frozenset[Route]


def fill(written: str, params: Params, go: bool) -> str | None:
    """Return a text with its expressions filled; None where one of them is not known."""
    out = ""
    end = 0
    trims = False
    while (start := written.find(OPENING, end)) >= 0:
        stop = written.find(CLOSING, start)
        if stop < 0:
            return None
        before, expression = written[end:start], written[start + len(OPENING) : stop]
        before = before.lstrip(_SPACE) if trims else before
        trims = go and expression.endswith(_TRIMS_BEHIND)
        if go and expression.startswith(_TRIMS_BEFORE):
            before, expression = before.rstrip(_SPACE), expression[1:]
        expression = (expression[:-1] if trims else expression).strip()
        found = _evaluated(expression, params) if go else scalar(params.get(expression))
        if found is None or OPENING in found:
            return None
        out += before + found
        if len(out) > _LONGEST:
            return None
        end = stop + len(CLOSING)
    rest = written[end:]
    return out + (rest.lstrip(_SPACE) if trims else rest)


def fill_all(value: Value, params: Params, go: bool) -> Filled:
    """Return a value with the expressions in all its texts filled."""
    known: set[Route] = set()
    holes: set[Route] = set()

    def inner(here: Value, route: Route) -> Value:
        if isinstance(here, str):
            if OPENING not in here:
                return here
            filled = fill(here, params, go)
            (holes if filled is None else known).add(route)
            return here if filled is None else filled
        if isinstance(here, dict):
            if any(OPENING in key for key in here):
                holes.add(route)
            return {key: inner(item, (*route, key)) for key, item in here.items()}
        if isinstance(here, list):
            return [inner(item, (*route, i)) for i, item in enumerate(here)]
        return here

    return Filled(inner(value, ()), frozenset(known), frozenset(holes))


def scalar(value: Value) -> str | None:
    """Return a scalar as Go prints it, None where it is none or printed otherwise."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < _LARGE:
        return str(value)
    return value if isinstance(value, str) else None


def sanitized(name: str) -> str:
    """Return what Argo CD makes of a name that is to be one of Kubernetes."""
    return re.sub(r"[^-a-z0-9.]", "-", name.lower())[:253].strip("-.")


_FUNCTIONS = {"normalize": sanitized, "lower": str.lower, "upper": str.upper, "trim": str.strip}


def _evaluated(expression: str, params: Params) -> str | None:
    """Return the text of a Go expression: `.a.b`, `index .a "b" 1`, `lower .a`, `.a | lower`."""
    head, *pipes = (part.strip() for part in expression.split("|"))
    prefix = _WORD.match(head)
    if prefix and prefix[0] in _FUNCTIONS:
        pipes.insert(0, prefix[0])
        head = head[prefix.end() :].strip()
    steps: list[str | int] = []
    index = _INDEX.fullmatch(head)
    if index is None and not _FIELDS.fullmatch(head):
        return None
    steps.extend((index[1] if index else head)[1:].split("."))
    if index is not None:
        for number, key in _KEY.findall(index[2]):
            steps.append(int(number) if number else key)
    value: Value = params
    for step in steps:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    found = scalar(value)
    for pipe in pipes:
        if found is None or pipe not in _FUNCTIONS:
            return None
        found = _FUNCTIONS[pipe](found)
    return found
