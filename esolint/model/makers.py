"""What may make a store, or give one another name, without being a store itself.

Chart values, compositions, policies that generate objects, kustomize's prefixes and patches:
none of it is rendered here, so what it may name is unknown.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from esolint.context.kustomize import FILE_NAMES
from esolint.model.consumer import STORE_KINDS, StoreUse
from esolint.resource import Resource
from esolint.value import Route, Value, mapping, sequence, text, walk

_KIND = r"[\"']?kind[\"']?\s*:\s*[\"']?(?:Cluster)?SecretStore\b"
_API_VERSION = r"[\"']?apiVersion[\"']?\s*:\s*[\"']?external-secrets\.io/\w+[\"']?"
# A store, not a reference to one, which has no apiVersion.
_OBJECT = rf"{_API_VERSION}[\s,]*{_KIND}[\"']?|{_KIND}[\"']?[\s,]*{_API_VERSION}"
# The key of chart values that list stores: `clusterSecretStores`, `secret-store`.
_VALUES_KEY = r"(?i)[\w-]*secret[-_]?stores?"
_HINTS = ("namePrefix", "nameSuffix", "/metadata/name", "ecretStore", "ecret-store", "ecret_store")
_TEMPLATE = r"\{\{|\$[({]|<[A-Za-z]|%s"
_LONGEST_CHAIN = 6


class _Made(NamedTuple):
    """A store that something may make; None stands for every kind, or every name."""

    kind: str | None
    names: frozenset[str] | None
    path: str


class _Patch(NamedTuple):
    """What may exchange the store of consumers.

    `target` says of which, None: of any, {}: of those that `written` names. `files` says in
    which files, None: in any.
    """

    target: dict[str, Value] | None
    written: str
    files: frozenset[str] | None
    path: str


def may_matter(written: str) -> bool:
    """Say whether a text can hold something that makes or renames stores."""
    return any(hint in written for hint in _HINTS)


def defines_store(written: str) -> bool:
    """Say whether a text, template source included, holds a store at whatever depth."""
    return re.search(_OBJECT, written) is not None


class Makers:
    """What of a repository makes, renames or exchanges stores. Collected when first asked."""

    def __init__(self, resources: Sequence[Resource], patches: Sequence[Resource]) -> None:
        self._made: list[_Made] = []
        self._prefixes: set[str] = set()
        self._suffixes: set[str] = set()
        self._renames = ""  # the path of what puts a prefix or suffix before rendering is known
        self._patches: list[_Patch] = []
        self._changed = [r for r in patches if r.get("spec", "secretStoreRef") is not None]
        self._listed = _listed(resources)
        for resource in resources:
            if not resource.is_eso and may_matter(resource.document.text):
                self._collect(resource)
        for resource in resources:
            if not resource.is_eso and "secretStoreRef" in resource.document.text:
                self._patches.extend(self._exchanges(resource))

    def of(self, kind: str, name: str, known: Collection[str]) -> str | None:
        """Return the file that may make a store of this name, out of the `known` ones or anew."""
        for made in self._made:
            if made.kind in (None, kind) and (made.names is None or name in made.names):
                return made.path
        if self._renames:
            return self._renames
        return "a kustomization" if self._is_renamed(name, known) else None

    def exchanges(self, use: StoreUse) -> str | None:
        """Return the file that may give a consumer another store."""
        consumer = use.resource
        for patch in self._changed:
            if patch.kind == consumer.kind and patch.name == consumer.name:
                return patch.document.path
        here = posixpath.normpath(consumer.document.path)
        for target, written, files, path in self._patches:
            if files is not None and here not in files:
                continue
            if target:
                kind, name = text(target.get("kind")), text(target.get("name"))
                fits = kind in (None, consumer.kind) and _may_match(name, consumer.name)
            else:
                fits = target is None or consumer.name in written
            if fits:
                return path
        return None

    def _is_renamed(self, name: str, known: Collection[str]) -> bool:
        """Say whether prefixes and suffixes of the repository make the name of a known one."""
        seen = {name}
        for _ in range(_LONGEST_CHAIN):
            shorter = {n[len(p) :] for n in seen for p in self._prefixes if n.startswith(p)}
            shorter |= {n[: -len(s)] for n in seen for s in self._suffixes if n.endswith(s)}
            if any(n in known for n in shorter):
                return True
            if shorter <= seen:
                return False
            seen |= shorter
        return False

    def _collect(self, resource: Resource) -> None:
        path = resource.document.path
        composed = resource.group == "apiextensions.crossplane.io"
        for route, node in walk(resource.value):
            if isinstance(node, str):
                if re.search(_OBJECT, node) or "/metadata/name" in node:
                    # A text in the object: only what is written out rules a name out.
                    self._made.append(_Made(None, _words(node), path))
                elif node.startswith("metadata.name") and "fieldPaths" in route:
                    self._made.append(_Made(None, None, path))
            elif isinstance(node, dict):
                self._made.extend(_objects(resource, route, node, composed))
                self._renamed_by(node, path)

    def _renamed_by(self, node: dict[str, Value], path: str) -> None:
        for key, found in (("namePrefix", self._prefixes), ("nameSuffix", self._suffixes)):
            part = text(node.get(key))
            if part and re.search(_TEMPLATE, part):
                self._renames = self._renames or path
            elif part:
                found.add(part)

    def _exchanges(self, resource: Resource) -> Iterator[_Patch]:
        path = posixpath.normpath(resource.document.path)
        files = self._reached(path) if path in self._listed else None
        for field in ("patches", "patchesStrategicMerge", "patchesJson6902", "replacements"):
            for base in (resource.get(field), resource.get("spec", field)):
                for entry in sequence(base):
                    target = mapping(mapping(entry).get("target"))
                    for _, node in walk(entry):
                        if isinstance(node, str) and "secretStoreRef" in node:
                            # Replacements select in other ways: any object may be meant.
                            about = None if field == "replacements" else target
                            yield _Patch(about, node, files, resource.document.path)

    def _reached(self, path: str) -> frozenset[str]:
        """Return the files that a kustomization takes in, by way of others too."""
        reached: set[str] = set()
        stack = [path]
        while stack:
            here = stack.pop()
            if here not in reached:
                reached.add(here)
                stack.extend(self._listed.get(here, ()))
        return frozenset(reached)


def _listed(resources: Sequence[Resource]) -> dict[str, list[str]]:
    """Return for each kustomization the files that it lists, other kustomizations among them."""
    listed: dict[str, list[str]] = {}
    for resource in resources:
        path = posixpath.normpath(resource.document.path)
        folder, base = posixpath.split(path)
        if base in FILE_NAMES:
            names = [
                posixpath.normpath(posixpath.join(folder, name))
                for field in ("resources", "bases", "components")
                for name in map(text, sequence(resource.get(field)))
                if name
            ]
            listed[path] = [
                file
                for name in names
                for file in (name, *(posixpath.join(name, k) for k in FILE_NAMES))
            ]
    return listed


def _objects(
    resource: Resource, route: Route, node: dict[str, Value], composed: bool
) -> Iterator[_Made]:
    path = resource.document.path
    kind, version = node.get("kind"), node.get("apiVersion")
    if kind in STORE_KINDS and isinstance(version, str) and "external-secrets.io/" in version:
        name = text(mapping(node.get("metadata")).get("name")) or text(node.get("name"))
        free = composed or not name or re.search(_TEMPLATE, name) or resource.unknown(route)
        yield _Made(str(kind), None if free or not name else frozenset({name}), path)
    for key, part in node.items():
        if isinstance(part, dict | list) and re.fullmatch(_VALUES_KEY, key):
            yield _Made(None, _words(part), path)


def _words(part: Value) -> frozenset[str] | None:
    """Return all keys and texts of a value; None where a placeholder is among them."""
    words: set[str] = set()
    for _, node in walk(part):
        if isinstance(node, dict):
            words.update(node)
        elif isinstance(node, str):
            if re.search(_TEMPLATE, node):
                return None
            words.update(re.findall(r"[\w.-]+", node))
    return frozenset(words)


def _may_match(pattern: str | None, name: str) -> bool:
    """Say whether a kustomize target's name, which is an expression, may mean an object."""
    return pattern is None or pattern == name or not re.fullmatch(r"[\w-]*", pattern)
