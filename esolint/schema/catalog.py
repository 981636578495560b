"""Which kinds there are, in which versions of ESO, and their schemas, read when asked for."""

import json
import os.path
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from esolint.data import schemas_dir
from esolint.schema.tree import Node, RawNode, expand, minors_of, node_at, walk
from esolint.schema.versions import Minors, Version, read_version
from esolint.value import Route

if TYPE_CHECKING:
    from esolint.cel import Program


class CelRule(NamedTuple):
    """A rule of a CRD in CEL. `at`: route with `[]` for items and `{}` for map values.

    `holds` must be true of the value at `at`, called `self`. `within` is the set of minors
    that have the rule.
    """

    at: tuple[str, ...]
    holds: str
    message: str
    within: int


class Deprecation(NamedTuple):
    """A field, or one value of it, that still works and has a successor."""

    at: tuple[str, ...]
    value: str | None
    message: str
    within: int


class KindVersion(NamedTuple):
    """One apiVersion of a kind: the sets of minors that know it, serve it, drop its status."""

    api_version: str
    file: str
    known: int
    served: int
    status: int


class Kind(NamedTuple):
    name: str
    group: str
    namespaced: bool
    versions: Mapping[str, KindVersion]


class Schema(NamedTuple):
    """What one version of ESO demands of the objects of one kind and apiVersion."""

    kind: Kind
    version: KindVersion
    minor: Version
    bit: int
    root: Node


class Catalog:
    """The schemas of a folder, or of a user's own CRDs.

    `trees` and `rules` are what the folder's files would give, by file, and by kind and
    apiVersion.
    """

    def __init__(
        self,
        folder: str,
        minors: Minors,
        kinds: Mapping[str, Kind],
        *,
        trees: Mapping[str, RawNode] | None = None,
        rules: Mapping[tuple[str, str], list[CelRule]] | None = None,
    ) -> None:
        self.folder = folder
        self.minors = minors
        self.kinds = kinds
        self._trees = dict(trees or {})
        self._schemas: dict[tuple[str, Version], Schema] = {}
        self._groups: dict[str, tuple[int, ...]] = {}
        self._cel = rules
        self._deprecated: Mapping[tuple[str, str], list[Deprecation]] | None = (
            None if rules is None else {}
        )

    # Schemas

    def find(self, kind: str, api_version: str) -> tuple[Kind, KindVersion] | None:
        """Return what is known of a kind's apiVersion, in whatever version of ESO."""
        found = self.kinds.get(kind)
        group, _, name = api_version.rpartition("/")
        if found is None or found.group != group or name not in found.versions:
            return None
        return found, found.versions[name]

    def load(self, kind: str, api_version: str, eso_version: Version | None) -> Schema | None:
        """Return the schema of a kind in a version of ESO, or None where it has none.

        Without a version: of the newest that serves it, else of the newest that has it.
        """
        found = self.find(kind, api_version)
        if found is None:
            return None
        entry, version = found
        if eso_version is None:
            minor = self.minors.members(version.served or version.known)[-1]
        else:
            minor = self.minors.covering(eso_version)
            if not version.known & self.minors.bit(minor):
                return None
        return self.project(entry, version, minor)

    def project(self, kind: Kind, version: KindVersion, minor: Version) -> Schema:
        """Return the schema of a kind's apiVersion in a minor that has it."""
        key = (version.file, minor)
        schema = self._schemas.get(key)
        if schema is None:
            bit = self.minors.bit(minor)
            root = Node(self.tree(version), (bit, self.minors))
            schema = self._schemas[key] = Schema(kind, version, minor, bit, root)
        return schema

    def tree(self, version: KindVersion) -> RawNode:
        """Return the merged tree of all versions of ESO."""
        tree = self._trees.get(version.file)
        if tree is None:
            read = _read(os.path.join(self.folder, version.file))
            tree = self._trees[version.file] = expand(read["schema"], read["shapes"])
        return tree

    def unlike(self, version: KindVersion, bit: int) -> tuple[Version, ...]:
        """Return minors that serve an apiVersion, one for each schema unlike that of `bit`."""
        sets = self._groups.get(version.file)
        if sets is None:
            marks = {
                self.minors.mask(written)
                for node in walk(self.tree(version))
                for key, value in node.items()
                if key[-1] == "@"
                for written in ([value] if key == "@" else value)
            }
            sets = self._groups[version.file] = tuple(marks)
        chosen: dict[tuple[bool, ...], Version] = {}
        for minor in reversed(self.minors.members(version.served)):
            here = self.minors.bit(minor)
            chosen.setdefault(tuple(bool(mask & here) for mask in sets), minor)
        like = tuple(bool(mask & bit) for mask in sets)
        return tuple(minor for signature, minor in chosen.items() if signature != like)

    # Since when, until when

    def minors_with(self, version: KindVersion, route: Route, value: Any = None) -> int:
        """Return the set of minors whose schema knows `route` (and allows `value` there)."""
        tree = self.tree(version)
        mask = minors_of(tree, route, self.minors, version.known)
        if value is None:
            return mask
        node = node_at(tree, route) or {}
        if "enum" in node:
            return mask if value in node["enum"] else 0
        allowed = 0
        for written, values in node.get("enum@", {}).items():
            if value in values:
                allowed |= self.minors.mask(written)
        return mask & allowed

    # What stands beside the schemas

    def cel_rules(self, kind: str, api_version: str) -> list[CelRule]:
        """Return the CEL rules of a kind, restated."""
        if self._cel is None:
            self._cel = self._beside(
                "rules.json",
                lambda entry, at, within: CelRule(at, entry["holds"], entry["message"], within),
            )
        return self._cel.get((kind, api_version), [])

    def deprecations(self, kind: str, api_version: str) -> list[Deprecation]:
        """Return the deprecated fields of a kind."""
        if self._deprecated is None:
            self._deprecated = self._beside(
                "deprecated.json",
                lambda entry, at, within: Deprecation(
                    at, entry.get("value"), entry["message"], within
                ),
            )
        return self._deprecated.get((kind, api_version), [])

    def _beside(self, name: str, make: Any) -> dict[tuple[str, str], list[Any]]:
        table: dict[tuple[str, str], list[Any]] = {}
        for entry in _read(os.path.join(self.folder, name)):
            for api_version in entry["apiVersions"]:
                for kind, spec in entry["kinds"].items():
                    at = written_route(f"{spec}.{entry['at']}" if entry["at"] else spec)
                    made = make(entry, at, self.minors.mask(entry["versions"]))
                    table.setdefault((kind, api_version), []).append(made)
        return table


def written_route(written: str) -> tuple[str, ...]:
    """Read `spec.data[].tags{}` as `("spec", "data", "[]", "tags", "{}")`."""
    return tuple(written.replace("[]", ".[]").replace("{}", ".{}").split("."))


@cache
def packaged() -> Catalog:
    """Return the schemas that esolint brings along."""
    return open_folder(schemas_dir())


def open_folder(folder: str) -> Catalog:
    """Return the schemas of a folder that `import_bundles` filled."""
    index = _read(os.path.join(folder, "index.json"))
    known = [version for name in index["releases"] if (version := read_version(name))]
    minors = Minors(known)
    kinds = {}
    for name, facts in index["kinds"].items():
        versions = {
            written: KindVersion(
                f"{facts['group']}/{written}",
                entry["file"],
                *(
                    minors.mask(entry[key]) if key in entry else 0
                    for key in ("in", "served", "status")
                ),
            )
            for written, entry in facts["versions"].items()
        }
        kinds[name] = Kind(name, facts["group"], facts["scope"] == "Namespaced", versions)
    return Catalog(folder, minors, kinds)


@cache
def compile_rule(expression: str) -> "Program":
    """Compile a rule of a CRD. Raises cel.CelError."""
    from esolint.cel import compile

    return compile(expression, ("self", "oldSelf"), escaped=True)


def _read(path: str) -> Any:
    with open(path, encoding="utf-8") as file:
        return json.load(file)
