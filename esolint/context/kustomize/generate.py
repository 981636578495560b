"""`configMapGenerator` and `secretGenerator`, and the hash that their objects are named with."""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from esolint.context.kustomize.item import ANNOTATIONS, LABELS, NAME, NAMESPACE, Item
from esolint.context.kustomize.layer import Layer
from esolint.resource import Origin
from esolint.value import Route, Value, at, mapping, sequence, text

_KINDS = (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret"))
_HASHED: dict[str, tuple[Route, ...]] = {
    "ConfigMap": (("data",), ("binaryData",)),
    "Secret": (("data",), ("stringData",), ("type",)),
}
_DIGITS = str.maketrans({"0": "g", "1": "h", "3": "k", "a": "m", "e": "t"})
_GO_ESCAPES = {character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
_LINE = 70


class _Entry(NamedTuple):
    """A key of a generated object; its content None where it is not known."""

    key: str
    content: bytes | None
    route: Route


def generate(layer: Layer, items: list[Item]) -> list[Item]:
    """Return the objects with those of the generators added, merged in or put in their place."""
    for field, kind in _KINDS:
        for route, entry in layer.entries(field):
            made = _make(layer, kind, route, mapping(entry))
            if made is not None:
                behavior = text(mapping(entry).get("behavior")) or "create"
                items = _absorb(layer, items, made, behavior, route)
    return items


def _make(layer: Layer, kind: str, route: Route, fields: dict[str, Value]) -> Item | None:
    name = fields.get("name")
    if not isinstance(name, str) or not name:
        layer.refuse(route, f"a generated {kind} without a name")
        return None
    shared = mapping(layer.fields.get("generatorOptions"))
    own = mapping(fields.get("options"))
    metadata: dict[str, Value] = {"name": name}
    value: dict[str, Value] = {"apiVersion": "v1", "kind": kind, "metadata": metadata}
    item = Item(value, layer.document, route)
    item.overrides[NAME] = (layer.document, (*route, "name"))
    if text(fields.get("namespace")):
        metadata["namespace"] = fields["namespace"]
        item.overrides[NAMESPACE] = (layer.document, (*route, "namespace"))
    for key in ("labels", "annotations"):
        for options, there in ((shared, ("generatorOptions",)), (own, (*route, "options"))):
            for label, wanted in mapping(options.get(key)).items():
                origin: Origin = (layer.document, (*there, key, label))
                if isinstance(wanted, str):
                    item.put(("metadata", key, label), wanted, origin)
                else:
                    layer.refuse(origin[1], "not a string")
    if kind == "Secret":
        wanted_type = text(fields.get("type")) or "Opaque"
        item.put(("type",), wanted_type, (layer.document, (*route, "type")))
    if shared.get("immutable") is True or own.get("immutable") is True:
        item.put(("immutable",), True, (layer.document, route))
    item.needs_hash = not any(o.get("disableNameSuffixHash") is True for o in (shared, own))
    seen: set[str] = set()
    for entry in _entries(layer, route, fields):
        if entry.key in seen:
            layer.refuse(entry.route, f"{kind} {name} gets the key {entry.key} twice")
            continue
        seen.add(entry.key)
        _put_entry(item, kind, entry, layer)
    return item


def _put_entry(item: Item, kind: str, entry: _Entry, layer: Layer) -> None:
    field, written = "data", ""
    if entry.content is not None:
        if kind == "Secret":
            written = _base64(entry.content)
        else:
            try:
                written = entry.content.decode("utf-8")
            except UnicodeDecodeError:
                field, written = "binaryData", _base64(entry.content)
    item.put((field, entry.key), written, (layer.document, entry.route))
    if entry.content is None:
        item.forget((field, entry.key))


def _base64(content: bytes) -> str:
    """Encode as kustomize does: in lines of 70 where it is longer than one."""
    encoded = base64.b64encode(content).decode()
    if len(encoded) < _LINE:
        return encoded
    return "".join(encoded[i : i + _LINE] + "\n" for i in range(0, len(encoded), _LINE))


def _entries(layer: Layer, route: Route, fields: dict[str, Value]) -> Iterator[_Entry]:
    """Yield the keys: from env files, then literals, then files."""
    sources = [((*route, "envs", i), name) for i, name in enumerate(sequence(fields.get("envs")))]
    if fields.get("env") is not None:
        sources.append(((*route, "env"), fields["env"]))
    for there, name in sources:
        yield from _env_file(layer, there, str(name))
    for i, literal in enumerate(sequence(fields.get("literals"))):
        key, equals, written = str(literal).partition("=")
        if not key or not equals:
            layer.refuse((*route, "literals", i), "a literal that is not key=value")
            continue
        if len(written) > 1 and written[0] == written[-1] and written[0] in "\"'":
            written = written[1:-1]
        yield _Entry(key, written.encode(), (*route, "literals", i))
    for i, source in enumerate(sequence(fields.get("files"))):
        there = (*route, "files", i)
        key, equals, name = str(source).partition("=")
        name = name if equals else key
        key = key if equals else posixpath.basename(key.rstrip("/"))
        if not key or not name or "=" in name:
            layer.refuse(there, "a file that is neither a path nor key=path")
            continue
        yield _Entry(key, _content(layer, name, there), there)


def _content(layer: Layer, name: str, route: Route) -> bytes | None:
    if "://" in name:
        return None
    path = layer.file(name, route)
    if path is None:
        return None
    content = layer.files.content(path)
    if isinstance(content, str):
        layer.refuse(route, f"{name}: {content}")
        return None
    return content


def _env_file(layer: Layer, route: Route, name: str) -> Iterator[_Entry]:
    content = _content(layer, name, route)
    if content is None:
        return
    for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        line = line.removesuffix(b"\r").lstrip()
        if line and not line.startswith(b"#"):
            key, _, written = line.partition(b"=")
            try:
                yield _Entry(key.decode(), written, route)
            except UnicodeDecodeError:
                layer.refuse(route, f"{name} is not UTF-8 text")
                return


def _absorb(layer: Layer, items: list[Item], made: Item, behavior: str, route: Route) -> list[Item]:
    wanted = made.id()
    found = [i for i, item in enumerate(items) if wanted in item.ids()]
    if len(found) > 1:
        layer.refuse(route, f"{len(found)} objects are {made.kind} {made.name}")
        return items
    if not found:
        if behavior in ("merge", "replace"):
            if not layer.unknown:
                layer.refuse(route, f"nothing here is {made.kind} {made.name}: cannot {behavior}")
            made.forget(())
        return [*items, made]
    if behavior not in ("merge", "replace"):
        layer.refuse(route, f"{made.kind} {made.name} is here twice")
        return items
    old = items[found[0]]
    _inherit(made, old, ("data", "binaryData") if behavior == "merge" else ())
    return [*items[: found[0]], made, *items[found[0] + 1 :]]


def _inherit(made: Item, old: Item, fields: tuple[str, ...]) -> None:
    """Take the name and the labels of an object that is replaced, and of `fields` the keys."""
    made.previous = old.previous
    made.prefixes = old.prefixes
    made.as_json = old.as_json
    made.suffixes = old.suffixes
    made.needs_hash = made.needs_hash and old.needs_hash
    if old.unknown(()):
        made.forget(())
    _take(made, old, NAME)
    if old.namespace:
        _take(made, old, NAMESPACE)
    else:
        made.remove(NAMESPACE)
    for parent in (LABELS, ANNOTATIONS, *((field,) for field in fields)):
        for key in mapping(at(old.value, parent)):
            if key not in mapping(at(made.value, parent)):
                _take(made, old, (*parent, key))
        if old.unknown(parent):
            made.forget(parent)


def _take(made: Item, old: Item, route: Route) -> None:
    """Take over a string; what is no string becomes one, as it is written."""
    value = at(old.value, route)
    plain = isinstance(value, str)
    if isinstance(value, bool) or value is None:
        value = "null" if value is None else str(value).lower()
    made.put(route, value if isinstance(value, str) else str(value), old.origin(route))
    if old.unknown(route) or not (plain or isinstance(at(old.value, route), bool)):
        made.forget(route)


def add_hashes(items: list[Item]) -> None:
    """Name the generated objects with a hash of what they hold."""
    for item in items:
        if item.needs_hash and not item.unknown(()):
            unknown = any(item.unknown_below(route) for route in _HASHED.get(item.kind, ((),)))
            item.remember()
            if not (unknown or item.unknown(NAME)):
                item.put(NAME, f"{item.name}-{hash_of(item.value)}", item.origin(NAME))
            else:
                item.forget(NAME)


def hash_of(value: dict[str, Value]) -> str:
    """Return the suffix of a ConfigMap or a Secret: ten characters of a SHA-256.

    Source: kustomize's hasher; it looks for the name where none is, so that the hash does not
    hang on it.
    """
    kind = value["kind"]
    hashed: dict[str, Value] = {
        "kind": kind,
        "name": "",
        "data": value.get("data", ""),
    }
    if kind == "Secret":
        hashed["type"] = value.get("type", "")
    more = "stringData" if kind == "Secret" else "binaryData"
    if isinstance(value.get(more), dict):
        hashed[more] = value[more]
    written = json.dumps(hashed, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    for character, escape in _GO_ESCAPES.items():
        written = written.replace(character, escape)
    return hashlib.sha256(written.encode()).hexdigest()[:10].translate(_DIGITS)
