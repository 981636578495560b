"""A user's own CRDs as schemas: `kubectl get crd -o yaml`, or what a chart renders."""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from esolint.cel import CelError
from esolint.resource import ESO_GROUPS
from esolint.schema.catalog import Catalog, CelRule, Kind, KindVersion, compile_rule
from esolint.schema.importer import CrdError, cel_rules, crds_in
from esolint.schema.tree import PROSE, RawNode, merge
from esolint.schema.versions import Minors, Version
from esolint.source import Limits, Unread, decode, read_text
from esolint.value import Route

_FILES = (".yaml", ".yml", ".json")


def read_crds(paths: Sequence[str]) -> tuple[Catalog, list[str]]:
    """Return the schemas of ESO's CRDs in files and folders, and what other CRDs stand there.

    They are of one version of ESO, whichever: every version that is asked for is it.
    Raises CrdError, with file and line, on what cannot be read or makes no sense, and where
    no CRD of ESO is among it; OSError on a file that cannot be opened.
    """
    crds, others = _read(paths)
    return from_crds(crds), others


def without_prose(paths: Sequence[str]) -> tuple[list[RawNode], list[str]]:
    """Return ESO's CRDs of files and folders with what `read_crds` needs of them and no more.

    Beside them what other CRDs stand there. Raises what `read_crds` raises.
    """
    crds, others = _read(paths)
    return [_lean(crd) for crd in crds], others


def _read(paths: Sequence[str]) -> tuple[list[RawNode], list[str]]:
    crds: list[RawNode] = []
    others: list[str] = []
    for path in _files(paths):
        with open(path, "rb") as file:
            data = file.read()
        text = decode(path, data, Limits())
        if isinstance(text, Unread):
            raise _unreadable(text)
        documents, unread = read_text(text, path, literal=True)
        if unread:
            raise _unreadable(unread[0])
        for (number, base), crd in crds_in(document.value for document in documents):
            fault = _fault(crd)
            if fault is not None:
                line = documents[number].span((*base, *fault[0])).line
                raise CrdError(fault[1], path, line)
            spec = crd["spec"]
            if spec["group"] in ESO_GROUPS:
                crds.append(crd)
            else:
                others.append(f"{spec['names']['kind']} of {spec['group']}")
    if not crds:
        message = "there is no CustomResourceDefinition of External Secrets Operator"
        raise CrdError(message, paths[0])
    return crds, others


def _lean(crd: RawNode) -> RawNode:
    spec = crd["spec"]
    return {
        "apiVersion": crd.get("apiVersion"),
        "kind": crd["kind"],
        "metadata": {"name": crd.get("metadata", {}).get("name")},
        "spec": {
            "group": spec["group"],
            "names": {"kind": spec["names"]["kind"]},
            "scope": spec["scope"],
            "versions": [_lean_version(version) for version in spec["versions"]],
        },
    }


def _lean_version(version: RawNode) -> RawNode:
    return {
        "name": version["name"],
        "served": bool(version.get("served")),
        "subresources": version.get("subresources") or {},
        "schema": {"openAPIV3Schema": _lean_schema(version["schema"]["openAPIV3Schema"])},
    }


def _lean_schema(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    lean = {key: value for key, value in node.items() if key not in PROSE}
    for key in ("items", "additionalProperties", "not"):
        if key in lean:
            lean[key] = _lean_schema(lean[key])
    if "properties" in lean:
        lean["properties"] = {k: _lean_schema(v) for k, v in lean["properties"].items()}
    for key in ("allOf", "anyOf", "oneOf"):
        if key in lean:
            lean[key] = [_lean_schema(child) for child in lean[key]]
    return lean


def from_crds(crds: Iterable[RawNode]) -> Catalog:
    """Return the schemas of CRDs that were checked, their CEL rules as written."""
    minors = Minors([Version(0, 0)])
    kinds: dict[str, Kind] = {}
    trees: dict[str, RawNode] = {}
    rules: dict[tuple[str, str], list[CelRule]] = {}
    for crd in crds:
        spec = crd["spec"]
        name = spec["names"]["kind"]
        versions = {}
        for entry in spec["versions"]:
            api_version = f"{spec['group']}/{entry['name']}"
            file = f"{api_version} {name}"
            served = 1 if entry.get("served") else 0
            status = 1 if "status" in (entry.get("subresources") or {}) else 0
            versions[entry["name"]] = KindVersion(api_version, file, 1, served, status)
            schema = entry["schema"]["openAPIV3Schema"]
            trees[file] = merge([(1, schema)], minors)
            rules[name, api_version] = [
                CelRule(route, rule["rule"], _message(rule), 1)
                for route, _, rule in cel_rules(schema)
            ]
        kinds[name] = Kind(name, spec["group"], spec["scope"] == "Namespaced", versions)
    return Catalog("", minors, kinds, trees=trees, rules=rules)


def _message(rule: Mapping[str, Any]) -> str:
    message = rule.get("message")
    text = message if isinstance(message, str) and message else f"fails {rule['rule']}"
    return text.replace("{}", "{ }")  # braces stand for the object's name in esolint's own


def _files(paths: Sequence[str]) -> Iterator[str]:
    for path in paths:
        if os.path.isdir(path):
            for name in sorted(os.listdir(path)):
                if name.endswith(_FILES):
                    yield os.path.join(path, name)
        else:
            yield path


def _unreadable(unread: Unread) -> CrdError:
    return CrdError(unread.detail, unread.path, unread.span.line if unread.span else None)


def _fault(crd: RawNode) -> tuple[Route, str] | None:
    """Return the place in a CRD of what makes no sense, and what is wrong with it."""
    spec = crd.get("spec")
    if not isinstance(spec, dict) or not isinstance(spec.get("group"), str):
        return ("spec", "group"), "the CustomResourceDefinition has no group"
    names = spec.get("names")
    if not isinstance(names, dict) or not isinstance(names.get("kind"), str):
        return ("spec", "names"), "the CustomResourceDefinition has no kind"
    if spec["group"] not in ESO_GROUPS:
        return None
    if spec.get("scope") not in ("Namespaced", "Cluster"):
        return ("spec", "scope"), "the scope is neither Namespaced nor Cluster"
    versions = spec.get("versions")
    if not isinstance(versions, list) or not versions:
        return ("spec", "versions"), "the CustomResourceDefinition has no versions"
    for i, version in enumerate(versions):
        place = ("spec", "versions", i)
        schema = version.get("schema") if isinstance(version, dict) else None
        root = schema.get("openAPIV3Schema") if isinstance(schema, dict) else None
        if not isinstance(root, dict) or not isinstance(version.get("name"), str):
            return place, "the version has no schema or no name"
        wrong = _wrong_schema(root)
        if wrong is not None:
            return (*place, "schema", "openAPIV3Schema", *wrong[0]), wrong[1]
    return None


_KEYWORDS: Mapping[str, tuple[type, ...]] = {
    "type": (str,),
    "pattern": (str,),
    "format": (str,),
    "enum": (list,),
    "required": (list,),
    "properties": (dict,),
    "items": (dict,),
    "additionalProperties": (dict, bool),
    "x-kubernetes-validations": (list,),
    "x-kubernetes-list-map-keys": (list,),
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), (list,)),
    "not": (dict,),
    **{
        f"m{side}{what}": (int,)
        for side in ("in", "ax")
        for what in ("Length", "Items", "Properties")
    },
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), (int, float)),
}


def _wrong_schema(root: RawNode) -> tuple[Route, str] | None:
    """Return the place in a schema of a keyword that makes no sense, and what is wrong."""
    stack: list[tuple[Any, Route]] = [(root, ())]
    while stack:
        node, route = stack.pop()
        if not isinstance(node, dict):
            return route, "this is no schema"
        for key, kinds in _KEYWORDS.items():
            if key in node and not isinstance(node[key], kinds):
                return (*route, key), f"{key} has a value of the wrong type"
        for key in ("required", "x-kubernetes-list-map-keys"):
            if not all(isinstance(name, str) for name in node.get(key, ())):
                return (*route, key), f"{key} names a field that is no string"
        for number, rule in enumerate(node.get("x-kubernetes-validations", ())):
            place = (*route, "x-kubernetes-validations", number)
            if not isinstance(rule, dict) or not isinstance(rule.get("rule"), str):
                return place, "the rule has no expression"
            try:
                compile_rule(rule["rule"])
            except CelError as error:
                return (*place, "rule"), f"the CEL expression does not compile: {error}"
        stack.extend(
            (child, (*route, "properties", name))
            for name, child in node.get("properties", {}).items()
        )
        stack.extend(
            (node[key], (*route, key))
            for key in ("items", "additionalProperties", "not")
            if isinstance(node.get(key), dict)
        )
        for key in ("allOf", "anyOf", "oneOf"):
            stack.extend((child, (*route, key, i)) for i, child in enumerate(node.get(key, ())))
    return None
