"""`replacements` of a kustomization."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from esolint.context.kustomize.fields import selects
from esolint.context.kustomize.item import ANNOTATIONS, LABELS, Item, is_large
from esolint.context.kustomize.layer import Layer
from esolint.context.kustomize.selector import Selector, SelectorError, labels_fit, read_selector
from esolint.context.rendering import Problem
from esolint.resource import Origin
from esolint.source import Document
from esolint.value import Route, Value, at, mapping, sequence, text

_DEFAULT_PATH = "metadata.name"
_PLAIN_TEXT = re.compile(r"(?!(?:null|true|false)$)[A-Za-z][\w./-]*", re.IGNORECASE)


class _Unclear(Exception):  # noqa: N818 - not an error: only not read here
    """A path whose meaning is not known here."""


class _RefusedError(ValueError):
    """What kustomize refuses; the text says why."""


class _Source(NamedTuple):
    """A value and where it stands; not `known` where only kustomize would know it."""

    value: Value
    origin: Origin
    known: bool


def replace(layer: Layer, items: list[Item]) -> None:
    """Apply `replacements`, those of files too."""
    for route, entry in layer.entries("replacements"):
        fields = mapping(entry)
        path = text(fields.get("path"))
        if path is None:
            _one(layer, items, layer.document, route, fields)
            continue
        real = layer.file(path, (*route, "path"))
        if real is None:
            continue
        content = layer.files.documents(real, everything=True)
        for unread in content.unread:
            layer.refuse_unread(unread)
        for document in content.documents:
            if isinstance(document.value, list):
                for i, inner in enumerate(document.value):
                    _one(layer, items, document, (i,), mapping(inner))
            else:
                _one(layer, items, document, (), mapping(document.value))


def _one(
    layer: Layer, items: list[Item], document: Document, route: Route, fields: dict[str, Value]
) -> None:
    try:
        source = _source(items, mapping(fields.get("source")), layer)
        targets = sequence(fields.get("targets"))
        if not targets:
            raise _RefusedError("a replacement without a target")
        for target in targets:
            for item in items:
                if _is_target(item, mapping(target)):
                    _into(item, source, mapping(target))
    except (_RefusedError, SelectorError) as error:
        layer.problems.append(Problem(document.path, document, route, str(error)))
        _unknown_targets(items, fields)


def _unknown_targets(items: list[Item], fields: dict[str, Value]) -> None:
    """Make what a refused replacement would have reached unknown."""
    for target in map(mapping, sequence(fields.get("targets"))):
        for item in items:
            try:
                if _is_target(item, target):
                    item.forget(())
            except SelectorError:
                item.forget(())


def _source(items: list[Item], fields: dict[str, Value], layer: Layer) -> _Source:
    if not fields:
        raise _RefusedError("a replacement without a source")
    selector = read_selector(fields)
    found = [item for item in items if _means(selector, item)]
    here: Origin = (layer.document, ("replacements",))
    if any(item.holes and selector.reads(item) for item in items):
        return _Source(None, here, False)
    if len(found) != 1:
        if not found and layer.unknown:
            return _Source(None, here, False)
        what = f"{selector.kind} {selector.name}".strip()
        count = f"{len(found)} objects are" if found else "nothing here is"
        raise _RefusedError(f"{count} the source of a replacement, {what}")
    item = found[0]
    path = text(fields.get("fieldPath")) or _DEFAULT_PATH
    try:
        route = next(_routes(item.value, _split(path), exact=True), None)
    except _Unclear:
        return _Source(None, here, False)
    if route is None or at(item.value, route) is None:
        if item.holes:
            return _Source(None, here, False)
        raise _RefusedError(f"{item.kind} {item.name} has no {path}")
    value = at(item.value, route)
    if is_large(value):
        return _Source(None, here, False)
    document, there = item.origin(route)
    known = not item.unknown_below(route)
    if isinstance(value, int | float):
        known = known and document.raw(there) == _written(value)
    options = mapping(fields.get("options"))
    delimiter = text(options.get("delimiter"))
    if delimiter and known:
        if isinstance(value, dict | list):
            raise _RefusedError(f"{path} is no scalar to be cut at {delimiter!r}")
        parts = _written(value).split(delimiter)
        index = options.get("index") or 0
        if not isinstance(index, int) or not 0 <= index < len(parts):
            raise _RefusedError(f"{path} has no part {index}")
        value = parts[index]
    return _Source(value, (document, there), known)


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _means(selector: Selector, item: Item) -> bool:
    """Say whether a selector of a replacement means an object, by any id: no expressions here."""
    return any(
        selects(selector.group, selector.version, selector.kind, id_)
        and selector.name in ("", id_.name)
        and (not selector.namespace or (selector.namespace or "default") == id_.namespace)
        for id_ in item.ids()
    )


def _is_target(item: Item, target: dict[str, Value]) -> bool:
    if not isinstance(target.get("select"), dict):
        raise _RefusedError("a target without `select`")
    selector = read_selector(target["select"])
    if item.holes and selector.reads(item):
        item.forget(())
        return False
    if not _means(selector, item) or not _labels_fit(selector, item):
        return False
    rejects = map(read_selector, sequence(target.get("reject")))
    return not any(_means(reject, item) and _labels_fit(reject, item) for reject in rejects)


def _labels_fit(selector: Selector, item: Item) -> bool:
    return labels_fit(selector.labels, at(item.value, LABELS)) and labels_fit(
        selector.annotations, at(item.value, ANNOTATIONS)
    )


def _into(item: Item, source: _Source, target: dict[str, Value]) -> None:
    options = mapping(target.get("options"))
    create = options.get("create") is True
    paths = [str(path) for path in sequence(target.get("fieldPaths"))] or [_DEFAULT_PATH]
    for path in paths:
        steps = _split(path)
        try:
            found = list(_routes(item.value, steps))
            made = not found and create
            if made:
                found = [_create(item, steps, source)]
        except _Unclear:
            item.forget(())
            return
        if not found and not item.holes:
            raise _RefusedError(f"{item.kind} {item.name} has no {path}")
        for route in found:
            _set(item, route, source, options)
            value = at(item.value, route)
            if made and isinstance(value, str) and not _PLAIN_TEXT.fullmatch(value):
                # What is made has no type yet: a number in it becomes one.
                item.forget(route)


def _set(item: Item, route: Route, source: _Source, options: dict[str, Value]) -> None:
    old = at(item.value, route)
    value = source.value
    known = source.known and not (options.get("delimiter") and item.unknown(route))
    delimiter = text(options.get("delimiter"))
    if delimiter and known:
        if isinstance(old, dict | list) or isinstance(value, dict | list):
            raise _RefusedError("a delimiter for what is no scalar")
        parts = _written(old).split(delimiter)
        index = options.get("index") or 0
        piece = _written(value)
        if not isinstance(index, int):
            raise _RefusedError("an index that is no number")
        if index < 0:
            parts.insert(0, piece)
        elif index >= len(parts):
            parts.append(piece)
        else:
            parts[index] = piece
        value = delimiter.join(parts)
    if known and not isinstance(old, dict | list):
        if isinstance(value, dict | list):
            known = False
        elif isinstance(old, str):
            value = _written(value)
        elif type(old) is int and re.fullmatch(r"0|[1-9]\d{0,15}", _written(value)):
            value = int(_written(value))
        elif type(old) is not type(value):
            known = False
    item.put(route, value, source.origin)
    if not known:
        item.forget(route)


def _create(item: Item, steps: list[str], source: _Source) -> Route:
    """Make the way to a field that is absent; it holds an empty text."""
    route: list[str | int] = []
    for step in steps:
        if step.startswith("[") or step == "*" or step.isdigit():
            raise _Unclear
        route.append(step)
    if not isinstance(source.value, str):
        raise _Unclear
    item.put(tuple(route), "", source.origin)
    return tuple(route)


def _split(path: str) -> list[str]:
    r"""Split a path at its dots; `\.` is a dot of a key, and `[a=b.c]` one step."""
    steps = [""]
    depth = 0
    i = 0
    while i < len(path):
        character = path[i]
        if character == "\\" and path[i + 1 : i + 2] == ".":
            steps[-1] += "."
            i += 2
            continue
        if character == "[":
            depth += 1
        elif character == "]":
            depth = max(0, depth - 1)
        if character == "." and depth == 0:
            steps.append("")
        else:
            steps[-1] += character
        i += 1
    return steps


def _routes(value: Value, steps: list[str], *, exact: bool = False) -> Iterator[Route]:
    """Yield the routes that a path leads to. Raises _Unclear for what is not read here."""
    stack: list[tuple[Value, int, Route]] = [(value, 0, ())]
    while stack:
        here, n, route = stack.pop()
        if n == len(steps):
            yield route
            continue
        step = steps[n]
        if isinstance(here, list):
            for i in reversed(_items(here, step, exact)):
                stack.append((here[i], n + 1, (*route, i)))
        elif isinstance(here, dict):
            if step == "*":
                raise _Unclear
            key = step[1:-1] if step.startswith("[") and step.endswith("]") else step
            if key in here:
                stack.append((here[key], n + 1, (*route, key)))


def _items(values: list[Value], step: str, exact: bool) -> list[int]:
    if step == "*":
        return list(range(len(values)))
    if step.isdigit():
        return [int(step)] if int(step) < len(values) else []
    if not (step.startswith("[") and step.endswith("]") and "=" in step):
        raise _Unclear
    key, _, wanted = step[1:-1].partition("=")
    found = []
    for i, value in enumerate(values):
        inner = mapping(value).get(key) if key else value
        if inner is not None and not isinstance(inner, dict | list):
            written = _written(inner)
            if written == wanted or (not exact and _matches(wanted, written)):
                found.append(i)
    return found


def _matches(pattern: str, written: str) -> bool:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.search(pattern, written, options=options) is not None
    except re2.error:
        raise _RefusedError(f"{pattern!r} is not a regular expression") from None
