"""What may make a store, or give one another name, without being a store itself.

Chart values, compositions, policies that generate objects, the prefixes of Applications whose
generators are not known: none of it is rendered here, so what it may name is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from esolint.model.consumer import STORE_KINDS
from esolint.resource import Resource
from esolint.value import Route, Value, mapping, text, walk

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


def may_matter(written: str) -> bool:
    """Say whether a text can hold something that makes or renames stores."""
    return any(hint in written for hint in _HINTS)


def defines_store(written: str) -> bool:
    """Say whether a text, template source included, holds a store at whatever depth."""
    return re.search(_OBJECT, written) is not None


class Makers:
    """What of a repository makes or renames stores. Collected when first asked."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._made: list[_Made] = []
        self._prefixes: set[str] = set()
        self._suffixes: set[str] = set()
        self._renames = ""  # the path of what puts a prefix or suffix before rendering is known
        for resource in resources:
            if not resource.is_eso and may_matter(resource.document.text):
                self._collect(resource)

    def of(self, kind: str, name: str, known: Collection[str]) -> str | None:
        """Return the file that may make a store of this name, out of the `known` ones or anew."""
        for made in self._made:
            if made.kind in (None, kind) and (made.names is None or name in made.names):
                return made.path
        if self._renames:
            return self._renames
        return "a prefix or suffix" if self._is_renamed(name, known) else None

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
        # What a kustomization yields is rendered.
        rendered = resource.group == "kustomize.config.k8s.io" or not resource.kind
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
                if not rendered:
                    self._renamed_by(node, path)

    def _renamed_by(self, node: dict[str, Value], path: str) -> None:
        for key, found in (("namePrefix", self._prefixes), ("nameSuffix", self._suffixes)):
            part = text(node.get(key))
            if part and re.search(_TEMPLATE, part):
                self._renames = self._renames or path
            elif part:
                found.add(part)


def _objects(
    resource: Resource, route: Route, node: dict[str, Value], composed: bool
) -> Iterator[_Made]:
    path = resource.document.path
    kind, version = node.get("kind"), node.get("apiVersion")
    of_eso = isinstance(version, str) and "external-secrets.io/" in version
    # Flux's health checks name stores, and make none.
    if kind in STORE_KINDS and of_eso and not any("healthCheck" in str(step) for step in route):
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
