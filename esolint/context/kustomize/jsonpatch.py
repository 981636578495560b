"""JSON patches (RFC 6902), as the library behind kustomize applies them (json-patch 4.12)."""

from __future__ import annotations

from esolint.context.kustomize.item import ANNOTATIONS, Item, is_large
from esolint.resource import Origin
from esolint.value import Route, Value, at, exists, mapping, text

_OPERATIONS = frozenset(("add", "remove", "replace", "move", "copy", "test"))


class PatchError(ValueError):
    """An operation that cannot be applied; `step` is its index."""

    def __init__(self, step: int, detail: str) -> None:
        super().__init__(detail)
        self.step = step


def malformed(operations: list[Value]) -> tuple[int, str] | None:
    """Return what is wrong with a list of operations, and with which one."""
    for i, operation in enumerate(operations):
        fields = mapping(operation)
        op = fields.get("op")
        if op not in _OPERATIONS:
            return i, "an operation without a known `op`"
        if not isinstance(fields.get("path"), str):
            return i, f"`{op}` without a `path`"
        if op in ("move", "copy") and not isinstance(fields.get("from"), str):
            return i, f"`{op}` without `from`"
    return None


def apply(item: Item, operations: list[Value], origin: Origin) -> None:
    """Apply operations in which `malformed` has found nothing.

    Raises PatchError at the first that cannot be applied; those before it have been.
    """
    document, base = origin
    for i, operation in enumerate(operations):
        fields = mapping(operation)
        op = fields["op"]
        pointer = text(fields["path"]) or ""
        if op == "add":
            _add(item, pointer, fields.get("value"), (document, (*base, i, "value")), i)
        elif op == "remove":
            _remove(item, _existing(item, pointer, i), i)
        elif op == "replace":
            route = _existing(item, pointer, i, leniently=True)
            item.put(route, fields.get("value"), (document, (*base, i, "value")))
        elif op == "test":
            route = _existing(item, pointer, i, leniently=True)
            if item.unknown_below(route):
                item.forget(())
            elif at(item.value, route) != fields.get("value"):
                raise PatchError(i, f"the test of {pointer} fails")
        else:
            source = _existing(item, text(fields["from"]) or "", i)
            value, there = at(item.value, source), item.origin(source)
            if is_large(value):
                raise PatchError(i, f"what stands at {fields['from']} is too large to be copied")
            unknown = item.unknown_below(source)
            if op == "move":
                _remove(item, source, i)
            target = _add(item, pointer, value, there, i)
            if unknown:
                item.forget(target)


def _steps(pointer: str, step: int) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise PatchError(step, f"{pointer} does not begin with /")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _route(item: Item, steps: list[str], pointer: str, step: int) -> Route:
    """Return the route of the parent of what `steps` name; it has to be there."""
    value: Value = item.value
    route: Route = ()
    for part in steps[:-1]:
        inside = _index(part, len(value), step) if isinstance(value, list) else part
        route = (*route, inside)
        if not exists(item.value, route):
            raise PatchError(step, f"the object has nothing at {pointer}")
        value = at(item.value, route)
    return route


def _existing(item: Item, pointer: str, step: int, *, leniently: bool = False) -> Route:
    """Return the route that a pointer means; what it ends with may be absent `leniently`.

    The library replaces a key that is not there without a word.
    """
    steps = _steps(pointer, step)
    parent = _route(item, steps, pointer, step)
    inside = at(item.value, parent)
    last: str | int = steps[-1] if steps else ""
    if not steps:
        return ()
    if isinstance(inside, list):
        last = _index(str(last), len(inside), step)
    route = (*parent, last)
    if not exists(item.value, route):
        if route == ANNOTATIONS or (leniently and isinstance(inside, dict)):
            return route
        raise PatchError(step, f"the object has nothing at {pointer}")
    return route


def _index(part: str, length: int, step: int) -> int:
    try:
        index = int(part)
    except ValueError:
        raise PatchError(step, f"{part} is no index of a list") from None
    if index < 0:
        index += length
    if not 0 <= index < length:
        raise PatchError(step, f"the list has no item {part}")
    return index


def _add(item: Item, pointer: str, value: Value, origin: Origin, step: int) -> Route:
    steps = _steps(pointer, step)
    if not steps:
        item.put((), value, origin)
        return ()
    if tuple(steps[:-1]) == ANNOTATIONS and not isinstance(at(item.value, ANNOTATIONS), dict):
        # kustomize keeps notes in the annotations while it works: they are always there.
        item.put(ANNOTATIONS, {}, None)
    parent = _route(item, steps, pointer, step)
    inside = at(item.value, parent)
    last = steps[-1]
    if isinstance(inside, list):
        at_end = last in ("-", str(len(inside)))
        index = len(inside) if at_end else _index(last, len(inside), step)
        before, after = range(index), range(index, len(inside))
        item.rearrange(parent, [*before, (value, origin), *after])
        return (*parent, index)
    if not isinstance(inside, dict):
        raise PatchError(step, f"the object has nothing at {pointer}")
    item.put((*parent, last), value, origin)
    return (*parent, last)


def _remove(item: Item, route: Route, step: int) -> None:
    if not route:
        raise PatchError(step, "the whole object is removed")
    last = route[-1]
    if isinstance(last, int):
        inside = at(item.value, route[:-1])
        assert isinstance(inside, list)
        item.rearrange(route[:-1], [i for i in range(len(inside)) if i != last])
    else:
        item.remove(route)
