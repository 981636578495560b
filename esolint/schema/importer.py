"""CRDs → the files of crd-schemas/: one merged tree per kind and apiVersion, and an index."""

from __future__ import annotations

import hashlib
import json
import os.path
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from esolint.resource import ESO_GROUPS
from esolint.schema.tree import RawNode, merge
from esolint.schema.versions import Minors, Version, read_version

INDEX = "index.json"

_WORTH_SHARING = 500  # characters saved; below, a name to look up costs a reader more

_RELEASE = re.compile(r"v?(\d+\.\d+\.\d+)")


class CrdError(ValueError):
    """A file of CRDs that cannot be used; `line` counts from 1, None where no one line is."""

    def __init__(self, message: str, path: str, line: int | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.line = line


def import_bundles(paths: Sequence[str | os.PathLike[str]]) -> dict[str, str]:
    """Return the files of crd-schemas/ that ESO's CRD bundles make: name → text.

    Each bundle is one release, named after it (`v2.9.0.yaml`); two releases of one minor
    are one too many. The bundles are ESO's own: they are trusted, prose is dropped.
    Raises CrdError on a file that is no such bundle.
    """
    import yaml

    releases: dict[Version, tuple[str, list[RawNode]]] = {}
    for given in paths:
        path = os.fspath(given)
        match = _RELEASE.search(os.path.basename(path))
        version = read_version(match[1]) if match else None
        if match is None or version is None:
            raise CrdError("the file's name holds no release such as v2.9.0", path)
        if version in releases:
            message = f"{match[1]} and {releases[version][0]} are of the same minor"
            raise CrdError(message, path)
        with open(path, encoding="utf-8") as file:
            try:
                documents = list(yaml.load_all(file, Loader=yaml.CSafeLoader))
            except yaml.YAMLError as error:
                raise CrdError(f"not YAML: {error}", path) from error
        crds = [crd for _, crd in crds_in(documents) if crd["spec"]["group"] in ESO_GROUPS]
        if not crds:
            raise CrdError("the file holds no CustomResourceDefinition of ESO", path)
        releases[version] = match[1], crds
    return import_releases({version: releases[version] for version in sorted(releases)})


def crds_in(values: Iterable[Any]) -> Iterator[tuple[tuple[int, tuple[str | int, ...]], RawNode]]:
    """Yield each CustomResourceDefinition with its place: (document, route in it).

    Lists are flattened. Whatever else stands among the values is left out.
    """
    for number, value in enumerate(values):
        stack: list[tuple[Any, tuple[str | int, ...]]] = [(value, ())]
        while stack:
            item, route = stack.pop()
            if not isinstance(item, dict):
                continue
            items = item.get("items")
            if str(item.get("kind", "")).endswith("List") and isinstance(items, list):
                stack.extend(
                    (items[i], (*route, "items", i)) for i in range(len(items) - 1, -1, -1)
                )
            elif item.get("kind") == "CustomResourceDefinition":
                yield (number, route), item


def rule_id(route: str, expression: str) -> str:
    """Return the short hash by which rules.json names a CEL rule of a CRD.

    `route` is written with `[]` for list items and `{}` for map values.
    """
    return hashlib.sha256(f"{route}\n{expression}".encode()).hexdigest()[:12]


def cel_rules(schema: RawNode) -> Iterator[tuple[tuple[str, ...], int, Mapping[str, Any]]]:
    """Yield each CEL rule of a schema with its route (`[]`, `{}`) and its number there."""
    stack: list[tuple[RawNode, tuple[str, ...]]] = [(schema, ())]
    while stack:
        node, route = stack.pop()
        for number, rule in enumerate(node.get("x-kubernetes-validations", ())):
            yield route, number, rule
        below = [((*route, name), child) for name, child in node.get("properties", {}).items()]
        below += [
            ((*route, "[]"), node.get("items")),
            ((*route, "{}"), node.get("additionalProperties")),
        ]
        stack.extend((child, to) for to, child in reversed(below) if isinstance(child, dict))


def import_releases(
    releases: Mapping[Version, tuple[str, list[RawNode]]],
) -> dict[str, str]:
    """Return the files that releases make: minor, oldest first → (release, its CRDs)."""
    minors = Minors(releases)
    schemas: dict[tuple[str, str], list[tuple[int, RawNode]]] = {}
    kinds: dict[str, dict[str, Any]] = {}
    for version, (_, crds) in releases.items():
        bit = minors.bit(version)
        for crd in crds:
            spec = crd["spec"]
            kind = kinds.setdefault(
                spec["names"]["kind"],
                {"group": spec["group"], "scope": spec["scope"], "versions": {}},
            )
            for served in spec["versions"]:
                facts = kind["versions"].setdefault(
                    served["name"],
                    {"in": 0, "served": 0, "storage": 0, "deprecated": 0, "status": 0},
                )
                facts["in"] |= bit
                for key in ("served", "storage", "deprecated"):
                    facts[key] |= bit if served.get(key) else 0
                facts["status"] |= bit if "status" in (served.get("subresources") or {}) else 0
                schema = served["schema"]["openAPIV3Schema"]
                schemas.setdefault((spec["names"]["kind"], served["name"]), []).append(
                    (bit, schema)
                )

    files = {}
    for (kind_name, version_name), found in schemas.items():
        kind = kinds[kind_name]
        api_version = f"{kind['group']}/{version_name}"
        name = f"{kind['group']}_{version_name}_{kind_name}.json"
        facts = kind["versions"][version_name]
        kind["versions"][version_name] = {
            "file": name,
            **{key: minors.text(mask) for key, mask in facts.items() if mask},
        }
        schema, shapes = share(merge(found, minors))
        # Not as `apiVersion` and `kind`: the file is no such object itself.
        tree = {"of": f"{api_version} {kind_name}", "schema": schema, "shapes": shapes}
        files[name] = _write(tree)
    for kind in kinds.values():
        kind["versions"] = dict(sorted(kind["versions"].items()))
    index = {
        "releases": {str(version): release for version, (release, _) in releases.items()},
        "kinds": dict(sorted(kinds.items())),
    }
    return {INDEX: _write(index), **dict(sorted(files.items()))}


def share(tree: RawNode) -> tuple[RawNode, dict[str, RawNode]]:
    """Take what a tree holds several times (a reference to a Secret's key) out of it.

    Return the tree in which `{"shape": name}` stands for such an object, and the objects
    by name; `expand` in `tree` undoes it. A shape is named after the field that it is most
    often the value of.
    """
    seen: dict[str, Counter[str]] = {}
    stack: list[tuple[str, RawNode]] = [("", tree)]
    while stack:
        field, node = stack.pop()
        if "properties" in node and field:
            fields = seen.setdefault(_text(node), Counter())
            fields[field] += 1
            if fields.total() > 1:
                continue
        stack.extend((to or field, child) for to, child in _below(node))
    names: dict[str, str] = {}
    for text, fields in sorted(seen.items(), key=lambda item: (-item[1].total(), item[0])):
        if (fields.total() - 1) * len(text) > _WORTH_SHARING:
            name = min(fields, key=lambda field: (-fields[field], field))
            same = sum(1 for other in names.values() if other.split("-")[0] == name)
            names[text] = f"{name}-{same + 1}" if same else name
    shapes = {name: _shared(json.loads(text), names, whole=True) for text, name in names.items()}
    return _shared(tree, names, whole=True), dict(sorted(shapes.items()))


def _below(node: RawNode) -> Iterator[tuple[str, RawNode]]:
    yield from node.get("properties", {}).items()
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield "", node[key]


def _shared(node: RawNode, names: Mapping[str, str], *, whole: bool = False) -> RawNode:
    name = None if whole or "properties" not in node else names.get(_text(node))
    if name is not None:
        return {"shape": name} if "@" not in node else {"@": node["@"], "shape": name}
    copy = dict(node)
    if "properties" in node:
        copy["properties"] = {to: _shared(child, names) for to, child in node["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            copy[key] = _shared(node[key], names)
    return copy


def _text(node: RawNode) -> str:
    return json.dumps({key: value for key, value in node.items() if key != "@"})


def _write(value: Any) -> str:
    """Write JSON for people: what fits into a line stands in one, the rest is indented."""
    return _layout(value, 0, 0) + "\n"


def _layout(value: Any, depth: int, used: int) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict) or not value or used + len(flat) <= 100:
        return flat
    indent = " " * (depth + 1)
    lines = []
    for key, item in value.items():
        name = json.dumps(key, ensure_ascii=False)
        lines.append(f"{indent}{name}: {_layout(item, depth + 1, len(indent) + len(name) + 3)}")
    return "{\n" + ",\n".join(lines) + "\n" + " " * depth + "}"
